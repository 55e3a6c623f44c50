/**
 * Imports go one way (ARCHITECTURE.md): each layer may import the layers before it, and errors.ts.
 * @type {import('dependency-cruiser').IConfiguration}
 */
const layers = [
  ['api'],
  ['policy'],
  ['store'],
  ['recorder', 'audit', 'bpf', 'kube'],
  ['operator', 'node-enforcer'],
  ['cli'],
];

/** For each folder: no folder of a later layer, and no other folder of its own layer. */
const oneWay = layers
  .flatMap((layer, depth) =>
    layer.map((folder) => {
      const refused = [
        ...layer.filter((other) => other !== folder),
        ...layers.slice(depth + 1).flat(),
      ];
      return {
        name: `${folder}-imports-downwards`,
        severity: 'error',
        comment: `src/${folder} may import ${layers.slice(0, depth).flat().join(', ') || 'no other folder'}.`,
        from: { path: `^src/${folder}/` },
        to: { path: `^src/(${refused.join('|')})/` },
      };
    }),
  )
  .filter(({ to }) => to.path !== '^src/()/');

module.exports = {
  forbidden: [
    ...oneWay,
    {
      name: 'folders-are-known',
      severity: 'error',
      comment: 'A new folder under src needs a place among the layers.',
      from: {},
      to: { path: '^src/[^/]+/', pathNot: `^src/(${layers.flat().join('|')})/` },
    },
    {
      name: 'root-files-stand-alone',
      severity: 'error',
      comment: 'Everything may import errors.ts, so it imports nothing of ours.',
      from: { path: '^src/[^/]+\\.ts$' },
      to: { path: '^src/[^/]+/' },
    },
    {
      name: 'policy-does-no-io',
      severity: 'error',
      comment: 'Policy decides; others read, write and wait.',
      from: { path: '^src/policy/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'policy-uses-no-package-with-io',
      severity: 'error',
      from: { path: '^src/policy/' },
      to: { path: 'node_modules/(pino|commander|picocolors)/' },
    },
    {
      name: 'only-bpf-uses-the-addon',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/bpf/' },
      to: { path: '(^native/|\\.node$)' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      // A cycle of types alone vanishes when compiled, but reads no better; both are refused.
      to: { circular: true },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-development-packages',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { conditionNames: ['import', 'require', 'node', 'default'] },
  },
};
