/** That .dependency-cruiser.cjs refuses what ARCHITECTURE.md says it refuses, and nothing else. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import {
  cruise,
  type ICruiseOptions,
  type ICruiseResult,
  type IFlattenedRuleSet,
} from 'dependency-cruiser';

const { forbidden } = createRequire(import.meta.url)(
  '../../../.dependency-cruiser.cjs',
) as IFlattenedRuleSet;

/** Names of the rules that a tree of sources (path → text) breaks. */
const brokenBy = async (sources: Readonly<Record<string, string>>): Promise<readonly string[]> => {
  const baseDir = mkdtempSync(join(tmpdir(), 'import-rules-'));
  try {
    for (const [path, text] of Object.entries(sources)) {
      mkdirSync(dirname(join(baseDir, path)), { recursive: true });
      writeFileSync(join(baseDir, path), text);
    }
    const options: ICruiseOptions = {
      baseDir,
      validate: true,
      ruleSet: { forbidden: forbidden ?? [] },
      tsPreCompilationDeps: true,
    };
    const { output } = await cruise(['src'], options);
    return (output as ICruiseResult).summary.violations.map(({ rule }) => rule.name);
  } finally {
    rmSync(baseDir, { recursive: true });
  }
};

/** Sources where the file at `from` imports the one at `to`. */
const importing = (from: string, to: string): Readonly<Record<string, string>> => {
  const up = '../'.repeat(from.split('/').length - 2);
  const target = `./${up}${to.replace('src/', '').replace('.ts', '.js')}`;
  return {
    [from]: `import { a } from '${target}';\nexport const b = a;\n`,
    [to]: 'export const a = 1;\n',
  };
};

const layers = [
  ['api'],
  ['policy'],
  ['store'],
  ['recorder', 'audit', 'bpf', 'kube'],
  ['operator', 'node-enforcer'],
  ['cli'],
];
const depthOf = (folder: string): number => layers.findIndex((layer) => layer.includes(folder));
const folders = layers.flat();

for (const from of folders) {
  test(`src/${from} may import the layers below it and errors.ts, and no other folder`, async () => {
    for (const to of folders.filter((folder) => folder !== from)) {
      const wanted = depthOf(to) < depthOf(from) ? [] : [`${from}-imports-downwards`];
      const broken = await brokenBy(importing(`src/${from}/one.ts`, `src/${to}/two.ts`));
      assert.deepEqual(broken, wanted, `${from} imports ${to}`);
    }
    assert.deepEqual(await brokenBy(importing(`src/${from}/deep/one.ts`, 'src/errors.ts')), []);
  });
}

const refused: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
  [
    'a Node module in policy',
    'policy-does-no-io',
    { 'src/policy/one.ts': "import { readFileSync } from 'node:fs';\nreadFileSync('x');\n" },
  ],
  [
    'the addon outside src/bpf',
    'only-bpf-uses-the-addon',
    {
      'src/cli/one.ts': "import '../../native/addon.js';\n",
      'native/addon.ts': 'export const a = 1;\n',
    },
  ],
  [
    'a cycle',
    'no-cycles',
    {
      'src/policy/one.ts': "import { b } from './two.js';\nexport const a = () => b;\n",
      'src/policy/two.ts': "import { a } from './one.js';\nexport const b = () => a;\n",
    },
  ],
  ['a folder without a layer', 'folders-are-known', importing('src/cli/one.ts', 'src/misc/two.ts')],
  [
    'errors.ts importing ours',
    'root-files-stand-alone',
    importing('src/errors.ts', 'src/api/two.ts'),
  ],
  ['a file that does not exist', 'resolvable', { 'src/cli/one.ts': "import './missing.js';\n" }],
];

for (const [what, rule, sources] of refused) {
  test(`refused: ${what}`, async () => {
    assert.ok((await brokenBy(sources)).includes(rule));
  });
}

test('the addon may be used in src/bpf', async () => {
  const sources = {
    'src/bpf/one.ts': "import '../../native/addon.js';\n",
    'native/addon.ts': 'export const a = 1;\n',
  };
  assert.deepEqual(await brokenBy(sources), []);
});
