import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse, stringify } from 'yaml';
import { isCidr } from '../../../src/api/cidr.js';
import {
  isKind,
  isNamespaced,
  isOfKind,
  isProfile,
  kindNamed,
  KINDS,
  type PinfoldObject,
} from '../../../src/api/objects.js';
import { parseObjects } from '../../../src/api/parse.js';
import { nearest } from '../../../src/api/suggest.js';
import { checkObject, validateObject } from '../../../src/api/validate.js';
import { EXAMPLES } from './examples.js';

type Data = Record<string, unknown>;

const profile = (spec: Data, more: Data = {}): Data => ({
  apiVersion: 'pinfold.dev/v1alpha1',
  kind: 'SecurityProfile',
  metadata: { name: 'a' },
  spec: { selector: {}, rules: {}, ...spec },
  ...more,
});

const filled = (text: string): PinfoldObject => {
  const [first] = parseObjects(text, 'example.yaml');
  assert.ok(first);
  return first.object;
};

describe('objects', () => {
  for (const kind of KINDS)
    it(`an example of ${kind} is valid and survives a round trip`, () => {
      const object = filled(EXAMPLES[kind]);
      assert.equal(object.kind, kind);
      assert.deepEqual(filled(stringify(object)), object);
      assert.deepEqual(filled(JSON.stringify(object)), object);
      assert.deepEqual(validateObject(kind, object), []);
    });

  it('defaults are filled into a copy', () => {
    const given = profile({
      extends: [{ name: 'base' }],
      rules: {
        syscalls: { architectures: ['x86_64'], allow: [] },
        network: { egress: [{ ports: [{}] }] },
      },
    });
    const before = structuredClone(given);
    const checked = checkObject('SecurityProfile', given);
    assert.ok(checked.kind === 'Valid');
    assert.deepEqual(given, before);
    const { spec } = checked.object;
    assert.equal(spec.mode, 'Audit');
    assert.equal(spec.onDegraded, 'Refuse');
    assert.equal(spec.severity, 'Medium');
    assert.deepEqual(spec.extends, [{ kind: 'SecurityProfile', name: 'base' }]);
    assert.deepEqual(spec.rules?.syscalls?.otherwise, { action: 'Errno', errno: 'EPERM' });
    assert.equal(spec.rules.network?.egress?.[0]?.ports?.[0]?.protocol, 'TCP');
  });

  it('an absent allow stays absent, an empty one stays empty', () => {
    const checked = checkObject(
      'SecurityProfile',
      profile({ rules: { exec: { allow: [] }, files: {} } }),
    );
    assert.ok(checked.kind === 'Valid');
    assert.deepEqual(checked.object.spec.rules, { exec: { allow: [] }, files: {} });
  });

  it('are told apart and found by the names that users give', () => {
    assert.ok(isKind('NodeEnforcement') && !isKind('Pod'));
    assert.equal(kindNamed('SP'), 'SecurityProfile');
    assert.equal(kindNamed('clustersecurityprofiles'), 'ClusterSecurityProfile');
    assert.equal(kindNamed('pods'), undefined);
    assert.deepEqual(KINDS.filter(isNamespaced), [
      'SecurityProfile',
      'ProfileRevision',
      'RecordedBehavior',
    ]);
    const web = filled(EXAMPLES.SecurityProfile);
    assert.ok(
      isProfile(web) && isOfKind(web, 'SecurityProfile') && !isOfKind(web, 'ProfileRevision'),
    );
  });
});

/** Spec, path and what the problem says: "message; expected". */
const bad: readonly (readonly [spec: Data, path: string, said: RegExp])[] = [
  [{ selector: undefined }, 'spec.selector', /^is absent; expected Containers that/],
  [
    { mod: 'Audit' },
    'spec.mod',
    /^unknown field; expected mode \(did you mean that\?\); one of mode/,
  ],
  [{ mode: 'enforce' }, 'spec.mode', /expected Enforce \(did you mean that\?\)/],
  [{ mode: null }, 'spec.mode', /^is nothing; expected a string/],
  [{ rules: [] }, 'spec.rules', /^is a list; expected a mapping/],
  [{ rules: { exec: { allow: {} } } }, 'spec.rules.exec.allow', /^is a mapping; expected a list/],
  [
    { rules: { exec: { allow: [{ path: 7 }] } } },
    'spec.rules.exec.allow[0].path',
    /^is a number; expected a string/,
  ],
  [{ rules: { exec: { allow: [{ path: '' }] } } }, 'spec.rules.exec.allow[0].path', /^is empty/],
  [
    { rules: { exec: { allow: [{ path: `/${'a'.repeat(4095)}` }] } } },
    'spec.rules.exec.allow[0].path',
    /^has 4096 characters; expected at most 4095/,
  ],
  [
    { rules: { exec: { allow: [{ path: '/a*b' }] } } },
    'spec.rules.exec.allow[0].path',
    /expected \* as the end of its segment, for example \/a\*$/,
  ],
  [
    { rules: { exec: { allow: [{ path: '/a/**/b' }] } } },
    'spec.rules.exec.allow[0].path',
    /expected \*\* as the last segment only, for example \/a\/\*\*$/,
  ],
  [
    { rules: { exec: { allow: [{ path: '/a/b**' }] } } },
    'spec.rules.exec.allow[0].path',
    /expected \*\* as a whole segment, or \/a\/b\* for one segment$/,
  ],
  [
    { rules: { exec: { allow: [{ path: '/a\0b' }] } } },
    'spec.rules.exec.allow[0].path',
    /without NUL/,
  ],
  [
    { rules: { exec: { allow: [{ path: '/a\ud800' }] } } },
    'spec.rules.exec.allow[0].path',
    /^holds half a character/,
  ],
  [
    { rules: { exec: { allow: [{ path: '/a' }, { path: '/b' }, { path: '/a' }] } } },
    'spec.rules.exec.allow[2]',
    /^has the path of item 0; expected one item for each path/,
  ],
  [
    { rules: { files: { allow: [{ path: '/a' }] } } },
    'spec.rules.files.allow[0].access',
    /^is absent/,
  ],
  [
    { rules: { files: { deny: [{ path: '/a', access: [] }] } } },
    'spec.rules.files.deny[0].access',
    /^has 0 items; expected at least 1/,
  ],
  [
    { rules: { files: { deny: [{ path: '/a', access: ['Read', 'Read'] }] } } },
    'spec.rules.files.deny[0].access[1]',
    /^repeats item 0/,
  ],
  [
    { rules: { capabilities: { allow: ['CAP_NET_RAW'] } } },
    'spec.rules.capabilities.allow[0]',
    /expected NET_RAW \(did you mean that\?\)/,
  ],
  [
    { rules: { syscalls: { architectures: ['amd64'], deny: ['read'] } } },
    'spec.rules.syscalls.architectures[0]',
    /one of x86_64/,
  ],
  [
    { rules: { syscalls: { architectures: ['x86'], deny: ['Read!'] } } },
    'spec.rules.syscalls.deny[0]',
    /^does not have the required form/,
  ],
  [
    { rules: { syscalls: { otherwise: { action: 'Errno', errno: 'EPREM' } } } },
    'spec.rules.syscalls.otherwise.errno',
    /EPERM \(did you mean/,
  ],
  [
    { rules: { network: { egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/33' } }] }] } } },
    'spec.rules.network.egress[0].to[0].ipBlock.cidr',
    /^is not a valid cidr/,
  ],
  [
    { rules: { network: { ingress: [{ ports: [{ port: 65536 }] }] } } },
    'spec.rules.network.ingress[0].ports[0].port',
    /^is too large; expected at most 65535/,
  ],
  [
    { rules: { network: { ingress: [{ ports: [{ port: -1 }] }] } } },
    'spec.rules.network.ingress[0].ports[0].port',
    /^is too small; expected at least 0/,
  ],
  [
    { rules: { network: { ingress: [{ ports: [{ port: 1.5 }] }] } } },
    'spec.rules.network.ingress[0].ports[0].port',
    /a whole number/,
  ],
  [{ rules: { forbid: ['Ptrase'] } }, 'spec.rules.forbid[0]', /Ptrace \(did you mean/],
  [
    { extends: [{ name: 'a' }, { kind: 'SecurityProfile', name: 'a' }] },
    'spec.extends[1]',
    /^has the kind and name of item 0/,
  ],
  [{ baseRevision: 'latest!' }, 'spec.baseRevision', /^does not have the required form/],
  [
    { selector: { podSelector: {}, containers: ['A'] } },
    'spec.selector.containers[0]',
    /required form/,
  ],
];

describe('validateObject', () => {
  for (const [spec, path, said] of bad)
    it(`${path} ${said.source}`, () => {
      const value: unknown = { ...profile(spec), spec: defined(profile(spec).spec as Data) };
      const problems = validateObject('SecurityProfile', value);
      assert.deepEqual(
        problems.map((problem) => problem.path),
        [path],
      );
      assert.match(`${problems[0]?.message ?? ''}; expected ${problems[0]?.expected ?? ''}`, said);
    });

  it('reports every problem, not only the first', () => {
    const rules = { exec: { allow: [{ path: 'a' }, { path: '/b/' }] }, forbid: ['X'] };
    assert.equal(validateObject('SecurityProfile', profile({ rules, x: 1 })).length, 4);
  });

  it('refuses what is no object, and the wrong kind', () => {
    for (const value of [null, 3, 'text', [], undefined])
      assert.equal(validateObject('SecurityProfile', value)[0]?.path, '');
    const wrong = validateObject('NodeEnforcement', profile({}));
    assert.ok(wrong.some(({ path }) => path === 'kind'));
  });

  it('checks metadata as a server would', () => {
    const paths = (metadata: unknown): readonly string[] =>
      validateObject('SecurityProfile', profile({}, { metadata })).map(({ path }) => path);
    assert.deepEqual(paths({}), ['metadata.name']);
    assert.deepEqual(paths({ name: 'Web' }), ['metadata.name']);
    assert.deepEqual(paths({ name: 'web', label: {} }), ['metadata.label']);
    assert.deepEqual(paths({ name: 'web', labels: { 'a/b': 1 } }), ['metadata.labels["a/b"]']);
  });

  it('refuses a namespace on a kind of the whole cluster', () => {
    const value = parse(EXAMPLES.ClusterSecurityProfile) as Data;
    const problems = validateObject('ClusterSecurityProfile', {
      ...value,
      metadata: { name: 'a', namespace: 'b' },
    });
    assert.deepEqual(
      problems.map(({ path }) => path),
      ['metadata.namespace'],
    );
  });

  it('takes exactly 5,000 rules', () => {
    const allow = Array.from({ length: 5000 }, (_, i) => ({
      path: `/${String(i)}`,
      access: ['Read'],
    }));
    assert.deepEqual(
      validateObject('SecurityProfile', profile({ rules: { files: { allow } } })),
      [],
    );
    allow.push({ path: '/x', access: ['Read'] });
    const [problem] = validateObject('SecurityProfile', profile({ rules: { files: { allow } } }));
    assert.equal(problem?.message, 'has 5001 items');
  });

  it('takes paths with newlines and other characters that files may have', () => {
    const allow = [
      '/',
      '/**',
      '/*',
      '/a\nb',
      '/usr/bin/[',
      '/a b/…',
      '/a/b*',
      '/*/c',
      '/...',
      '/..a',
    ];
    const rules = { exec: { allow: allow.map((path) => ({ path })) } };
    assert.deepEqual(validateObject('SecurityProfile', profile({ rules })), []);
  });
});

const defined = (data: Data): Data =>
  Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined));

describe('isCidr', () => {
  it('takes what the API server takes', () => {
    for (const text of ['0.0.0.0/0', '10.1.2.3/8', '::/0', '2001:db8::/32', '::ffff:1.2.3.4/96'])
      assert.ok(isCidr(text), text);
  });
  it('refuses the rest', () => {
    for (const text of [
      '',
      '10.0.0.0',
      '10.0.0.0/',
      '10.0.0.0/33',
      '10.0.0/8',
      '010.0.0.0/8',
      '::/129',
      '::/+1',
      '::/01',
      'fe80::1%eth0/64',
      'a/8',
      '10.0.0.0/8/8',
    ])
      assert.ok(!isCidr(text), text);
  });
});

describe('nearest', () => {
  it('finds slips, and nothing where nothing is near', () => {
    assert.equal(nearest('selctor', ['selector', 'severity']), 'selector');
    assert.equal(nearest('CAP_SYS_ADMIN', ['SYS_ADMIN', 'NET_ADMIN']), 'SYS_ADMIN');
    assert.equal(nearest('acces', ['path', 'access']), 'access');
    assert.equal(nearest('banana', ['path', 'access']), undefined);
    assert.equal(nearest('x'.repeat(1e6), ['path']), undefined);
  });
});
