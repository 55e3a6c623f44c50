import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Rules } from '../../../src/api/objects.js';
import { diff } from '../../../src/policy/diff/diff.js';
import { effectiveRules } from '../../../src/policy/effective.js';
import { judge } from '../../../src/policy/judge.js';
import { mergeRules } from '../../../src/policy/merge/merge.js';
import type { Operation } from '../../../src/policy/operation.js';
import { operation, rules } from './generators.js';

const readable = (asked: Operation): boolean =>
  (asked.kind !== 'Connect' && asked.kind !== 'Bind') || asked.address !== 'nonsense';

test('each difference has an example that A allows and B does not', () => {
  fc.assert(
    fc.property(rules, rules, (written, other) => {
      const [a, b] = [effectiveRules('a', written), effectiveRules('b', other)];
      for (const item of diff(a, b)) {
        const { rule } = item;
        const allowed = { kind: 'Allow', ...(rule === undefined ? {} : { rule }) };
        assert.deepEqual(judge(a, item.example), allowed, item.text);
        assert.notEqual(judge(b, item.example).kind, 'Allow', item.text);
      }
    }),
  );
});

test('where no difference is reported in a class, no operation differs', () => {
  const classes: Readonly<Record<Operation['kind'], string>> = {
    Exec: 'exec',
    File: 'files',
    Connect: 'egress',
    Bind: 'ingress',
    Capability: 'capabilities',
    Syscall: 'syscalls',
    Forbidden: 'forbid',
  };
  // The second often repeats rules of the first: two random ones nearly always differ everywhere.
  const pair = fc.tuple(rules, rules, fc.boolean()).map(([a, b, related]): [Rules, Rules] => {
    return related
      ? [a, mergeRules({ ...a, forbid: [] }, { files: { deny: b.files?.deny ?? [] } })]
      : [a, b];
  });
  const asked = fc.array(operation, { minLength: 30, maxLength: 30 });
  fc.assert(
    fc.property(pair, asked, ([written, other], operations) => {
      const [a, b] = [effectiveRules('a', written), effectiveRules('b', other)];
      const reported = new Set<string>(diff(a, b).map((item) => item.class));
      for (const one of operations.filter(readable)) {
        if (judge(a, one).kind !== 'Allow' || judge(b, one).kind === 'Allow') continue;
        // Whoever may run a file may map it: one item stands for both.
        const implied = one.kind === 'File' && one.access.includes('MapExecutable');
        const said = reported.has(classes[one.kind]) || (implied && reported.has('exec'));
        assert.ok(said, JSON.stringify(one));
      }
    }),
  );
});

test('a profile does not differ from itself, however it is written', () => {
  fc.assert(
    fc.property(rules, (written) => {
      const [a, b] = [effectiveRules('a', written), effectiveRules('b', mergeRules(written))];
      assert.deepEqual(diff(a, b), []);
      assert.deepEqual(diff(b, a), []);
    }),
  );
});

const texts = (a: Rules, b: Rules): readonly string[] =>
  diff(effectiveRules('a', a), effectiveRules('b', b)).map((item) => `${item.class}: ${item.text}`);

const allow = (...paths: readonly string[]): Rules => ({
  exec: { allow: paths.map((path) => ({ path })) },
});

const reads = (...paths: readonly string[]): Rules => ({
  files: { allow: paths.map((path) => ({ path, access: ['Read'] })) },
});

const table: readonly (readonly [string, Rules, Rules, readonly string[]])[] = [
  ['another program', allow('/bin/a', '/bin/b'), allow('/bin/a'), ['exec: /bin/b']],
  ['less is no difference', allow('/bin/a'), allow('/bin/a', '/bin/b'), []],
  ['patterns that mean the same', allow('/a/**', '/a/b'), allow('/a/**'), []],
  ['a whole tree', reads('/etc/**'), reads(), ['files: /etc/** [Read]']],
  [
    'a tree but for a part of it',
    reads('/etc/**'),
    reads('/etc/nginx/**'),
    ['files: /etc/** [Read] except /etc/nginx, /etc/nginx/**', 'files: /etc/nginx [Read]'],
  ],
  ['a directory with all below', reads('/a/*', '/a/**'), reads('/a/*'), ['files: /a/*/** [Read]']],
  [
    'mapping alone',
    { files: { allow: [{ path: '/lib/x', access: ['MapExecutable'] }] } },
    reads(),
    ['files: /lib/x [MapExecutable]'],
  ],
  ['prefixes', allow('/a/lib*'), allow('/a/libc*'), ['exec: /a/lib*']],
  [
    'a rule that is denied',
    allow('/a'),
    { exec: { allow: [{ path: '/a' }], deny: [{ path: '/*' }] } },
    ['exec: /a'],
  ],
  [
    'access',
    { files: { allow: [{ path: '/a', access: ['Read', 'Write', 'Create'] }] } },
    reads('/a'),
    ['files: /a [Write, Create]'],
  ],
  ['no allow-list against one', {}, allow('/a'), ['exec: anything that b does not allow']],
  ['an allow-list against none', allow('/a'), {}, []],
  [
    'only what has no name differs',
    {},
    { forbid: ['FilelessExec'] },
    ['exec: deleted files', 'exec: files that never had a name', 'forbid: FilelessExec'],
  ],
  [
    'addresses and ports',
    {
      network: {
        egress: [
          {
            to: [{ ipBlock: { cidr: '10.0.0.0/8' } }],
            ports: [{ protocol: 'TCP', port: 80, endPort: 90 }],
          },
        ],
      },
    },
    {
      network: {
        egress: [
          { to: [{ ipBlock: { cidr: '10.0.0.0/9' } }], ports: [{ protocol: 'TCP', port: 85 }] },
        ],
      },
    },
    ['egress: TCP 10.0.0.0/8:80-84', 'egress: TCP 10.128.0.0/9:85', 'egress: TCP 10.0.0.0/8:86-90'],
  ],
  [
    'any address',
    { network: { ingress: [{ ports: [{ protocol: 'TCP' }] }] } },
    { network: { ingress: [{ ports: [{ protocol: 'TCP', port: 80, endPort: 65535 }] }] } },
    ['ingress: TCP *:0-79'],
  ],
  [
    'no egress rules at all',
    {},
    { network: { egress: [] } },
    ['egress: anything that b does not allow'],
  ],
  [
    'names',
    {
      capabilities: { allow: ['CHOWN', 'KILL'] },
      syscalls: { architectures: ['x86_64', 'x86'], allow: ['read', 'write'] },
    },
    {
      capabilities: { allow: ['CHOWN'] },
      syscalls: { architectures: ['x86_64'], allow: ['read'] },
    },
    ['capabilities: KILL', 'syscalls: read (x86)', 'syscalls: write (x86_64, x86)'],
  ],
  ['deny of names', {}, { capabilities: { deny: ['BPF'] } }, ['capabilities: BPF']],
];

for (const [what, a, b, expected] of table) {
  test(`diff: ${what}`, () => {
    assert.deepEqual(texts(a, b), expected);
  });
}

test('diff of two profiles with thousands of rules ends', () => {
  const paths = Array.from(
    { length: 2_500 },
    (_, index) => `/srv/${String(index % 50)}/f${String(index)}`,
  );
  const items = diff(
    effectiveRules('a', allow(...paths, '/srv/new')),
    effectiveRules('b', allow(...paths)),
  );
  assert.deepEqual(
    items.map(({ text }) => text),
    ['/srv/new'],
  );
});
