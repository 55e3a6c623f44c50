import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { compileRule } from '../../../src/api/cel.js';
import { KINDS, resourceOf, type Kind, type ProfileRevision } from '../../../src/api/objects.js';
import type { JsonSchema } from '../../../src/api/schema.js';
import { checkObject, validateObject } from '../../../src/api/validate.js';
import { EXAMPLES } from './examples.js';

const rulesIn = (schema: JsonSchema): readonly string[] => [
  ...(schema['x-kubernetes-validations'] ?? []).map(({ rule }) => rule),
  ...Object.values(schema.properties ?? {}).flatMap(rulesIn),
  ...(schema.items === undefined ? [] : rulesIn(schema.items)),
];

type Data = Record<string, unknown>;

const head = (kind: Kind): Data => ({
  apiVersion: 'pinfold.dev/v1alpha1',
  kind,
  metadata: { name: 'a' },
});

const example = (kind: Kind): Data => parse(EXAMPLES[kind]) as Data;

const profileWith = (kind: Kind, spec: Data): Data => ({
  ...head(kind),
  spec: { selector: {}, ...spec },
});

const ruled = (kind: Kind, rules: unknown): Data =>
  kind === 'ProfileRevision'
    ? { ...example(kind), spec: { ...(example(kind).spec as Data), rules } }
    : profileWith(kind, { rules });

/** Value of a place in rules, the path of the problem below spec.rules, and its message. */
const badRules: readonly (readonly [rules: unknown, path: string, message: RegExp])[] = [
  [{ exec: { allow: [{ path: 'bin/ls' }] } }, 'exec.allow[0].path', /is not absolute/],
  [{ exec: { deny: [{ path: '/bin//ls' }] } }, 'exec.deny[0].path', /holds \/\//],
  [{ exec: { allow: [{ path: '/bin/../ls' }] } }, 'exec.allow[0].path', /holds a \.\. segment/],
  [{ exec: { allow: [{ path: '/bin/..' }] } }, 'exec.allow[0].path', /holds a \.\. segment/],
  [{ files: { deny: [{ path: '/bin/./ls' }] } }, 'files.deny[0].path', /holds a \. segment/],
  [{ files: { deny: [{ path: '/bin/.' }] } }, 'files.deny[0].path', /holds a \. segment/],
  [{ files: { deny: [{ path: '/bin/' }] } }, 'files.deny[0].path', /ends with \//],
  [
    { network: { egress: [{ ports: [{ endPort: 5 }] }] } },
    'network.egress[0].ports[0]',
    /endPort without port/,
  ],
  [
    { network: { ingress: [{ ports: [{ port: 6, endPort: 5 }] }] } },
    'network.ingress[0].ports[0]',
    /endPort is below port/,
  ],
  [
    { network: { egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['::/64'] } }] }] } },
    'network.egress[0].to[0].ipBlock',
    /other address family/,
  ],
  [{ syscalls: { allow: ['read'] } }, 'syscalls', /architectures is absent/],
  [{ syscalls: { otherwise: { action: 'Errno' } } }, 'syscalls.otherwise', /without errno/],
  [
    { syscalls: { otherwise: { action: 'KillProcess', errno: 'EPERM' } } },
    'syscalls.otherwise',
    /returns none/,
  ],
  [
    {
      exec: { allow: [{ path: '/a' }] },
      files: {
        allow: Array.from({ length: 5000 }, (_, i) => ({
          path: `/${String(i)}`,
          access: ['Read'],
        })),
      },
    },
    '',
    /more than 5000 rules/,
  ],
];

const selectors: readonly (readonly [selector: unknown, path: string, message: RegExp])[] = [
  [{ containers: ['web'] }, 'selector', /containers without podSelector/],
  [
    { podSelector: { matchExpressions: [{ key: 'a', operator: 'In' }] } },
    'selector.podSelector.matchExpressions[0]',
    /without values/,
  ],
  [
    { podSelector: { matchExpressions: [{ key: 'a', operator: 'Exists', values: ['b'] }] } },
    'selector.podSelector.matchExpressions[0]',
    /with values/,
  ],
];

const clusterSpecs: readonly (readonly [spec: Data, path: string, message: RegExp])[] = [
  [{ selector: undefined }, 'spec', /neither selector nor cgroups/],
  [
    { selector: undefined, cgroups: ['/a'], namespaceSelector: {} },
    'spec',
    /namespaceSelector without selector/,
  ],
  ...(
    [
      ['a', /is not absolute/],
      ['/a//b', /holds \/\//],
      ['/a/../b', /holds a \.\. segment/],
      ['/a/./b', /holds a \. segment/],
      ['/a/', /ends with \//],
      ['/', /root cgroup/],
    ] as const
  ).map(([path, message]) => [{ cgroups: [path] }, 'spec.cgroups[0]', message] as const),
];

const NODE_SELECTOR_SPEC = {
  namespaceSelector: { matchExpressions: [{ key: 'a', operator: 'Exists', values: ['b'] }] },
};

const bad: readonly (readonly [kind: Kind, value: Data, path: string, message: RegExp])[] = [
  ...(['SecurityProfile', 'ClusterSecurityProfile', 'ProfileRevision'] as const).flatMap((kind) =>
    badRules.map(
      ([rules, path, message]) =>
        [kind, ruled(kind, rules), `spec.rules${path && `.${path}`}`, message] as const,
    ),
  ),
  ...(['SecurityProfile', 'ClusterSecurityProfile'] as const).flatMap((kind) =>
    selectors.map(
      ([selector, path, message]) =>
        [kind, profileWith(kind, { selector }), `spec.${path}`, message] as const,
    ),
  ),
  ...clusterSpecs.map(
    ([spec, path, message]) =>
      [
        'ClusterSecurityProfile',
        JSON.parse(JSON.stringify(profileWith('ClusterSecurityProfile', spec))) as Data,
        path,
        message,
      ] as const,
  ),
  [
    'ClusterSecurityProfile',
    profileWith('ClusterSecurityProfile', NODE_SELECTOR_SPEC),
    'spec.namespaceSelector.matchExpressions[0]',
    /with values/,
  ],
];

const stored = (): ProfileRevision => {
  const checked = checkObject('ProfileRevision', example('ProfileRevision'));
  assert.ok(checked.kind === 'Valid');
  return checked.object;
};

describe('CEL rules', () => {
  it('all compile', () => {
    for (const kind of KINDS) rulesIn(resourceOf(kind).schema).forEach(compileRule);
  });

  it('a rule that is not CEL is an internal error', () => {
    assert.throws(() => compileRule('self.('), { code: 'Internal' });
  });

  for (const [kind, value, path, message] of bad)
    it(`${kind}: ${path} ${message.source}`, () => {
      const problems = validateObject(kind, value);
      assert.deepEqual(
        problems.map((problem) => problem.path),
        [path],
      );
      assert.match(problems[0]?.message ?? '', message);
      assert.notEqual(problems[0]?.expected, '');
    });

  it('a revision never changes', () => {
    const old = stored();
    assert.deepEqual(validateObject('ProfileRevision', old, { old }), []);
    const changed = { ...old, spec: { ...old.spec, rules: {} } };
    const [problem] = validateObject('ProfileRevision', changed, { old });
    assert.equal(problem?.path, 'spec');
    assert.match(problem.expected, /immutable/);
  });

  it('each rule of each kind is seen to hold and to fail', () => {
    const outcomes = new Set<string>();
    const observed = (kind: Kind, value: unknown, old?: ProfileRevision): void => {
      validateObject(kind, value, {
        ...(old === undefined ? {} : { old }),
        observe: (_, { rule }, holds) => outcomes.add(`${kind} ${String(holds)} ${rule}`),
      });
    };
    for (const kind of KINDS) observed(kind, example(kind));
    for (const [kind, value] of bad) observed(kind, value);
    const old = stored();
    observed('ProfileRevision', old, old);
    observed('ProfileRevision', { ...old, spec: { ...old.spec, rules: {} } }, old);
    const missing = KINDS.flatMap((kind) =>
      rulesIn(resourceOf(kind).schema).flatMap((rule) =>
        [`${kind} true ${rule}`, `${kind} false ${rule}`].filter((key) => !outcomes.has(key)),
      ),
    );
    assert.deepEqual(missing, []);
  });
});
