import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import type { Rules } from '../../../src/api/objects.js';
import { effectiveRules } from '../../../src/policy/effective.js';
import { explain } from '../../../src/policy/explain/explain.js';
import { applyPatch } from '../../../src/policy/explain/patch.js';
import { yamlLines } from '../../../src/policy/explain/text.js';
import { judge, judgeAll } from '../../../src/policy/judge.js';
import type { Operation } from '../../../src/policy/operation.js';
import { operation, profiles, rules } from './generators.js';

test('with its patches applied, every profile allows the operation', () => {
  fc.assert(
    fc.property(profiles, operation, (all, asked) => {
      const { verdict, patches, noPatch } = explain(all, asked);
      assert.deepEqual(verdict, judgeAll(all, asked));
      if (verdict.kind === 'Allow') assert.deepEqual([patches, noPatch], [[], []]);
      else assert.ok(patches.length > 0 || noPatch.length > 0);
      if (noPatch.length > 0) return;
      const patched = all.map((one) => {
        const patch = patches.find(({ profile }) => profile === one.profile);
        return patch === undefined ? one : applyPatch(one, patch);
      });
      assert.equal(judgeAll(patched, asked).kind, 'Allow');
    }),
  );
});

test('a patch takes nothing away from what was allowed', () => {
  fc.assert(
    fc.property(rules, operation, operation, (written, asked, other) => {
      const before = effectiveRules('p', written);
      const [patch] = explain([before], asked).patches;
      fc.pre(patch !== undefined && judge(before, other).kind === 'Allow');
      assert.equal(judge(applyPatch(before, patch), other).kind, 'Allow');
    }),
  );
});

test('no patch is given only for what no rule can name', () => {
  fc.assert(
    fc.property(profiles, operation, (all, asked) => {
      const { noPatch } = explain(all, asked);
      fc.pre(noPatch.length > 0);
      const odd =
        asked.kind === 'Exec' || asked.kind === 'File'
          ? asked.object.deleted === true ||
            asked.object.fileless === true ||
            judgeAll(all, asked).kind === 'CannotTell' ||
            asked.object.doubt !== undefined
          : asked.kind === 'Connect' && asked.address === 'nonsense';
      assert.ok(odd, JSON.stringify(asked));
    }),
  );
});

test('what is printed as YAML is read back as it was', () => {
  const scalar = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.constantFrom(
      'true',
      'No',
      'null',
      '~',
      '1.5',
      '0x1',
      '/a: b',
      '/a #b',
      '*a',
      '-',
      'a\nb',
      '10.0.0.0/8',
    ),
  );
  const { data } = fc.letrec<{ data: unknown }>((tie) => ({
    data: fc.oneof(
      { maxDepth: 4 },
      scalar,
      fc.array(tie('data'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('data'), { noNullPrototype: true }),
    ),
  }));
  fc.assert(
    fc.property(data, (value) => {
      assert.deepEqual(parse(yamlLines(value).join('\n')), value);
    }),
  );
});

const web: Rules = {
  exec: { allow: [{ path: '/usr/bin/ncat' }, { path: '/opt/**' }], deny: [{ path: '/opt/bad' }] },
  files: {
    allow: [
      { path: '/etc/*', access: ['Read'] },
      { path: '/var/www/**', access: ['Read'] },
    ],
    deny: [{ path: '/etc/shadow' }],
  },
  network: {
    egress: [
      { to: [{ ipBlock: { cidr: '10.0.0.0/8' } }], ports: [{ protocol: 'TCP', port: 443 }] },
    ],
  },
  syscalls: { architectures: ['x86_64'], allow: ['read'] },
  forbid: ['Ptrace'],
};

const exec = (path: string): Operation => ({ kind: 'Exec', object: { path } });

const table: readonly (readonly [string, Operation, readonly string[]])[] = [
  [
    'an allowed program',
    exec('/opt/run'),
    ['Allowed: exec /opt/run', '  by rule /opt/** (spec.rules.exec.allow[1] of shop/web)'],
  ],
  [
    'a program that is not listed',
    exec('/usr/bin/nc'),
    [
      'Denied: exec /usr/bin/nc',
      '  by profile shop/web: nothing in spec.rules.exec.allow matches',
      '  nearest rule: /usr/bin/ncat (spec.rules.exec.allow[0] of shop/web) has ncat where the path has nc',
      '  smallest patch of shop/web: add',
      '    spec:',
      '      rules:',
      '        exec:',
      '          allow:',
      '            - path: /usr/bin/nc',
    ],
  ],
  [
    'a program that is refused',
    exec('/opt/bad'),
    [
      'Denied: exec /opt/bad',
      '  by rule /opt/bad (spec.rules.exec.deny[0] of shop/web)',
      '  smallest patch: remove rule /opt/bad (spec.rules.exec.deny[0] of shop/web)',
    ],
  ],
  [
    'a path that cannot be established',
    { kind: 'Exec', object: { path: '/opt/x', doubt: 'ForeignRoot' } },
    [
      'Denied (cannot tell): exec /opt/x (in doubt: ForeignRoot)',
      '  by profile shop/web: its path could not be established (ForeignRoot), so whether spec.rules.exec.allow matches cannot be told',
      '  no patch of shop/web can allow it: the path could not be established (ForeignRoot), so no rule can name it',
    ],
  ],
  [
    'access that is lacking',
    { kind: 'File', object: { path: '/etc/hosts' }, access: ['Read', 'Write'] },
    [
      'Denied: open /etc/hosts [Read, Write]',
      '  by profile shop/web: nothing in spec.rules.files.allow matches',
      '  nearest rule: /etc/* [Read] (spec.rules.files.allow[0] of shop/web) lacks Write',
      '  smallest patch of shop/web: add',
      '    spec:',
      '      rules:',
      '        files:',
      '          allow:',
      '            - path: /etc/hosts',
      '              access:',
      '                - Write',
    ],
  ],
  [
    'a port that is not listed',
    { kind: 'Connect', protocol: 'TCP', address: '10.1.2.3', port: 80 },
    [
      'Denied: connect TCP 10.1.2.3:80',
      '  by profile shop/web: nothing in spec.rules.network.egress matches',
      '  nearest rule: TCP 10.0.0.0/8:443 (spec.rules.network.egress[0] of shop/web) does not hold port 80',
      '  smallest patch of shop/web: add',
      '    spec:',
      '      rules:',
      '        network:',
      '          egress:',
      '            - to:',
      '                - ipBlock:',
      '                    cidr: "10.1.2.3/32"',
      '              ports:',
      '                - protocol: TCP',
      '                  port: 80',
    ],
  ],
  [
    'a system call of another ABI',
    { kind: 'Syscall', architecture: 'x86', name: 'read' },
    [
      'Denied: syscall read (x86)',
      '  by profile shop/web: nothing in spec.rules.syscalls.allow matches',
      '  nearest rule: read (spec.rules.syscalls.allow[0] of shop/web) holds on x86_64, not on x86',
      '  smallest patch of shop/web: add',
      '    spec:',
      '      rules:',
      '        syscalls:',
      '          architectures:',
      '            - x86',
      '          allow:',
      '            - read',
    ],
  ],
  [
    'a forbidden behaviour',
    { kind: 'Forbidden', behaviour: 'Ptrace' },
    [
      'Denied: behaviour Ptrace',
      '  by rule Ptrace (spec.rules.forbid[0] of shop/web)',
      '  smallest patch: remove rule Ptrace (spec.rules.forbid[0] of shop/web)',
    ],
  ],
  [
    'a name that no terminal shows',
    exec('/opt/\u001b[2J'),
    ['Allowed: exec "/opt/\\u001b[2J"', '  by rule /opt/** (spec.rules.exec.allow[1] of shop/web)'],
  ],
  [
    'nothing applies',
    { kind: 'Capability', capability: 'KILL' },
    ['Allowed: capability KILL', '  no rule applies to it'],
  ],
];

for (const [what, asked, expected] of table) {
  test(`explain: ${what}`, () => {
    assert.deepEqual(explain([effectiveRules('shop/web', web)], asked).lines, expected);
  });
}
