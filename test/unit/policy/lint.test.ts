import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Rules } from '../../../src/api/objects.js';
import { effectiveRules } from '../../../src/policy/effective.js';
import { judge } from '../../../src/policy/judge.js';
import { lint } from '../../../src/policy/lint/lint.js';
import { ruleLocation } from '../../../src/policy/rule-location.js';
import type { RuleRef } from '../../../src/policy/operation.js';
import type { EffectiveRules } from '../../../src/policy/rules.js';
import { operation, rules } from './generators.js';

const found = (written: Rules): readonly string[] =>
  lint(effectiveRules('p', written)).map(
    ({ code, path, message }) => `${code} ${path.replace('spec.rules.', '')}: ${message}`,
  );

const exec = (...paths: readonly string[]): Rules => ({
  exec: { allow: paths.map((path) => ({ path })) },
});

const long = 'n'.repeat(256);

const table: readonly (readonly [string, Rules, readonly string[]])[] = [
  ['nothing', {}, []],
  ['an ordinary profile', exec('/usr/sbin/nginx'), []],
  [
    'empty allow-lists',
    { exec: { allow: [] }, network: { egress: [], ingress: [] } },
    [
      'AllowsNothing exec.allow: spec.rules.exec.allow is empty, which refuses everything of this class',
      'AllowsNothing network.egress: spec.rules.network.egress is empty, which refuses everything of this class',
      'AllowsNothing network.ingress: spec.rules.network.ingress is empty, which refuses everything of this class',
    ],
  ],
  [
    'a name that no file has',
    exec(`/bin/${long}`),
    [
      `MatchesNothing exec.allow[0]: /bin/${long} matches nothing: no file name is longer than 255 bytes`,
    ],
  ],
  [
    'a rule that is refused',
    {
      files: {
        allow: [{ path: '/a/b', access: ['Read'] }],
        deny: [{ path: '/c' }, { path: '/a/**' }],
      },
    },
    [
      'RuleDenied files.allow[0]: /a/b [Read] allows nothing: /a/** (spec.rules.files.deny[1]) refuses all of it',
    ],
  ],
  [
    'a rule that is refused in part',
    { files: { allow: [{ path: '/a/*', access: ['Read'] }], deny: [{ path: '/a/b' }] } },
    [],
  ],
  [
    'a rule that another one covers',
    exec('/opt/x/**', '/opt/x/y', '/opt/x'),
    [
      'RuleShadowed exec.allow[1]: /opt/x/y adds nothing: /opt/x/** (spec.rules.exec.allow[0]) covers it',
    ],
  ],
  [
    'a rule that another one covers for less',
    {
      files: {
        allow: [
          { path: '/a/*', access: ['Read'] },
          { path: '/a/b', access: ['Read', 'Write'] },
        ],
      },
    },
    [],
  ],
  [
    'everything',
    exec('/**'),
    [
      'AllowsEverything exec.allow[0]: /** allows execution everywhere',
      'AllowsShell exec.allow[0]: /** allows an interpreter, such as /bin/sh: it runs any program text it is given',
    ],
  ],
  [
    'a shell by its name',
    exec('/opt/app/python3.11'),
    [
      'AllowsShell exec.allow[0]: /opt/app/python3.11 allows an interpreter: it runs any program text it is given',
    ],
  ],
  [
    'a directory without its shells',
    {
      exec: {
        allow: [{ path: '/usr/bin/ba*' }],
        deny: [{ path: '/usr/bin/bash' }],
      },
    },
    [],
  ],
  [
    'a program that can be replaced',
    {
      exec: { allow: [{ path: '/srv/app/run' }] },
      files: { allow: [{ path: '/srv/**', access: ['Read', 'Write'] }] },
    },
    [
      'WritableExecutable exec.allow[0]: /srv/app/run can be executed or mapped executable, and written by /srv/** [Read, Write] (spec.rules.files.allow[0])',
    ],
  ],
  [
    'a program that cannot be replaced',
    {
      exec: { allow: [{ path: '/srv/app/run' }] },
      files: {
        allow: [{ path: '/srv/**', access: ['Read', 'Write'] }],
        deny: [{ path: '/srv/app/**', access: ['Write', 'Create'] }],
      },
    },
    [],
  ],
  [
    'a library that can be replaced',
    { files: { allow: [{ path: '/srv/lib.so', access: ['Write', 'MapExecutable'] }] } },
    [
      'WritableExecutable files.allow[0]: /srv/lib.so [Write, MapExecutable] can be executed or mapped executable, and written',
    ],
  ],
  [
    'changes of the system',
    { files: { allow: [{ path: '/etc/app.conf', access: ['Read', 'Write'] }] } },
    ['WritesSystem files.allow[0]: /etc/app.conf [Read, Write] allows Write below /etc'],
  ],
  [
    'a refusal that mapping walks around',
    {
      exec: { deny: [{ path: '/usr/bin/nc' }] },
      files: { allow: [{ path: '/usr/**', access: ['Read', 'MapExecutable'] }] },
    },
    [
      'DenyBypassedByMapping exec.deny[0]: /usr/bin/nc is refused to exec, but /usr/** [Read, MapExecutable] (spec.rules.files.allow[0]) lets the dynamic linker run it',
    ],
  ],
  [
    'the network',
    {
      network: {
        egress: [
          { ports: [{ protocol: 'TCP' }] },
          { to: [{ ipBlock: { cidr: '10.0.0.0/8' } }], ports: [{ protocol: 'TCP', port: 5432 }] },
          { to: [{ ipBlock: { cidr: '0.0.0.0/0' } }], ports: [{ protocol: 'UDP', port: 53 }] },
        ],
        ingress: [{}],
      },
    },
    [
      'AllowsAnyPeer network.egress[0]: TCP *:* allows every port of every address',
      'RuleShadowed network.egress[1]: TCP 10.0.0.0/8:5432 adds nothing: TCP *:* (spec.rules.network.egress[0]) covers it',
      'AllowsAnyPeer network.ingress[0]: any port of any address allows listening on every port',
    ],
  ],
  [
    'names',
    {
      capabilities: { allow: ['SYS_ADMIN', 'CHOWN'], deny: ['CHOWN'] },
      syscalls: { architectures: ['x86_64'], allow: ['read', 'raed'], deny: ['read'] },
    },
    [
      'StrongCapability capabilities.allow[0]: SYS_ADMIN allows mounting, namespaces and much else: nearly root',
      'RuleDenied capabilities.allow[1]: CHOWN allows nothing: CHOWN (spec.rules.capabilities.deny[0]) refuses it',
      'RuleDenied syscalls.allow[0]: read allows nothing: read (spec.rules.syscalls.deny[0]) refuses it',
      'UnknownSyscall syscalls.allow[1]: raed is no system call of x86_64 that is known here',
    ],
  ],
];

for (const [what, written, expected] of table) {
  test(`lint: ${what}`, () => {
    assert.deepEqual(found(written), expected);
  });
}

/** The rules without the one that stands at a place. */
const dropping = (all: EffectiveRules, path: string): EffectiveRules => {
  const keep = <R extends { readonly ref: RuleRef }>(list: readonly R[]): readonly R[] =>
    list.filter(({ ref }) => ruleLocation(ref) !== path);
  const lists = <R extends { readonly ref: RuleRef }>(rulesOf: {
    readonly allow?: readonly R[];
    readonly deny: readonly R[];
  }) => ({
    ...(rulesOf.allow && { allow: keep(rulesOf.allow) }),
    deny: keep(rulesOf.deny),
  });
  return {
    ...all,
    exec: lists(all.exec),
    files: lists(all.files),
    ...(all.egress && { egress: keep(all.egress) }),
    ...(all.ingress && { ingress: keep(all.ingress) }),
  };
};

test('what lint calls superfluous can be removed without any change of verdict', () => {
  fc.assert(
    fc.property(rules, fc.array(operation, { minLength: 20, maxLength: 20 }), (written, asked) => {
      const all = effectiveRules('p', written);
      const superfluous = lint(all).filter(({ code }) => code === 'RuleShadowed');
      for (const { path } of superfluous) {
        const without = dropping(all, path);
        for (const one of asked) {
          // No kernel reports what is no address, so ranges that hold every address are "any".
          if (one.kind === 'Connect' && one.address === 'nonsense') continue;
          assert.equal(judge(without, one).kind, judge(all, one).kind, path);
        }
      }
    }),
  );
});

test('a rule that lint calls refused never decides that something is allowed', () => {
  fc.assert(
    fc.property(rules, fc.array(operation, { minLength: 20, maxLength: 20 }), (written, asked) => {
      const all = effectiveRules('p', written);
      const refused = lint(all).filter(({ code }) => code === 'RuleDenied');
      for (const one of asked) {
        const verdict = judge(all, one);
        if (verdict.kind !== 'Allow' || verdict.rule === undefined) continue;
        const place = ruleLocation(verdict.rule);
        assert.ok(!refused.some(({ path }) => path === place), place);
      }
    }),
  );
});

test('five thousand rules are linted, and the one that adds nothing is found', () => {
  const paths = Array.from(
    { length: 4_999 },
    (_, index) => `/srv/d${String(index % 70)}/f${String(index)}`,
  );
  const findings = lint(effectiveRules('p', exec(...paths, '/srv/d0/f0*')));
  assert.deepEqual(
    findings.map(({ code, path }) => `${code} ${path}`),
    ['RuleShadowed spec.rules.exec.allow[0]'],
  );
});
