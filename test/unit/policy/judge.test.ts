import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Rules } from '../../../src/api/objects.js';
import { effectiveRules } from '../../../src/policy/effective.js';
import { judge, judgeAll } from '../../../src/policy/judge.js';
import type { Access, Operation, PathObject, Verdict } from '../../../src/policy/operation.js';
import { severityOf } from '../../../src/policy/verdicts.js';
import { operation, profiles, rules } from './generators.js';

const exec = (path: string, more: Partial<PathObject> = {}): Operation => ({
  kind: 'Exec',
  object: { path, ...more },
});
const open = (
  path: string,
  access: readonly Access[],
  more: Partial<PathObject> = {},
): Operation => ({
  kind: 'File',
  object: { path, ...more },
  access,
});
const connect = (address: string, port: number): Operation => ({
  kind: 'Connect',
  protocol: 'TCP',
  address,
  port,
});

/** `Allow`, `Deny files /etc/shadow`, `CannotTell exec Truncated`. */
const brief = (verdict: Verdict): string => {
  switch (verdict.kind) {
    case 'Allow':
      return ['Allow', verdict.rule?.text].filter(Boolean).join(' ');
    case 'Deny':
      return ['Deny', verdict.class, verdict.rule?.text].filter(Boolean).join(' ');
    case 'CannotTell':
      return ['CannotTell', verdict.class, verdict.doubt].join(' ');
  }
};

const web: Rules = {
  exec: {
    allow: [{ path: '/usr/sbin/nginx' }, { path: '/opt/*/run' }],
    deny: [{ path: '/opt/bad/**' }],
  },
  files: {
    allow: [
      { path: '/etc/**', access: ['Read'] },
      { path: '/etc/nginx/**', access: ['Read'] },
      { path: '/var/cache/**', access: ['Read', 'Write', 'Create'] },
      { path: '/lib/**', access: ['Read', 'MapExecutable'] },
    ],
    deny: [{ path: '/etc/shadow' }, { path: '/var/cache/fixed', access: ['Write'] }],
  },
  network: {
    egress: [
      {
        to: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.9.0.0/16'] } }],
        ports: [{ protocol: 'TCP', port: 5432 }],
      },
    ],
    ingress: [
      {
        from: [{ ipBlock: { cidr: '10.0.0.0/8' } }],
        ports: [{ protocol: 'TCP', port: 8080, endPort: 8090 }],
      },
    ],
  },
  capabilities: { allow: ['NET_BIND_SERVICE', 'CHOWN'], deny: ['CHOWN'] },
  syscalls: { architectures: ['x86_64'], allow: ['read'], deny: ['mount'] },
  forbid: ['Ptrace'],
};
const denyOnly: Rules = {
  exec: { deny: [{ path: '/usr/bin/nc' }] },
  files: { deny: [{ path: '/etc/shadow', access: ['Read'] }] },
  syscalls: { architectures: ['x86_64'], deny: ['mount'] },
};

const table: readonly (readonly [string, Rules, Operation, string])[] = [
  ['exec allowed', web, exec('/usr/sbin/nginx'), 'Allow /usr/sbin/nginx'],
  ['exec not listed', web, exec('/usr/bin/nc'), 'Deny exec'],
  ['exec: deny wins', web, exec('/opt/bad/run'), 'Deny exec /opt/bad/**'],
  [
    'exec in doubt',
    web,
    exec('/usr/sbin/nginx', { doubt: 'ForeignRoot' }),
    'CannotTell exec ForeignRoot',
  ],
  ['exec of a path that is none', web, exec('usr/sbin/nginx'), 'CannotTell exec Unreadable'],
  ['exec of a memfd', web, exec('/memfd:x', { fileless: true }), 'Deny exec'],
  ['exec of a deleted file', web, exec('/usr/sbin/nginx', { deleted: true }), 'Deny exec'],
  ['no allow-list: anything', {}, exec('/x'), 'Allow'],
  ['no allow-list: a doubt does not matter', {}, exec('/x', { doubt: 'Raced' }), 'Allow'],
  ['empty allow-list: nothing', { exec: { allow: [] } }, exec('/x'), 'Deny exec'],
  ['deny alone refuses what it lists', denyOnly, exec('/usr/bin/nc'), 'Deny exec /usr/bin/nc'],
  ['deny alone allows the rest', denyOnly, exec('/usr/bin/ls'), 'Allow'],
  [
    'deny alone and a doubt',
    denyOnly,
    exec('/x', { doubt: 'Truncated' }),
    'CannotTell exec Truncated',
  ],
  ['deny alone and a memfd', denyOnly, exec('/usr/bin/nc', { fileless: true }), 'Allow'],
  [
    'deny alone knows the last name',
    denyOnly,
    exec('/usr/bin/nc', { deleted: true }),
    'Deny exec /usr/bin/nc',
  ],
  [
    'FilelessExec: memfd',
    { forbid: ['FilelessExec'] },
    exec('m', { fileless: true }),
    'Deny forbid FilelessExec',
  ],
  [
    'FilelessExec: deleted',
    { forbid: ['FilelessExec'] },
    exec('/x', { deleted: true }),
    'Deny forbid FilelessExec',
  ],
  ['FilelessExec: named', { forbid: ['FilelessExec'] }, exec('/x'), 'Allow'],

  [
    'the most specific rule is named',
    web,
    open('/etc/nginx/a', ['Read']),
    'Allow /etc/nginx/** [Read]',
  ],
  ['** is below only', web, open('/etc', ['Read']), 'Deny files'],
  ['access not granted', web, open('/etc/hosts', ['Read', 'Write']), 'Deny files'],
  [
    'deny without access refuses all',
    web,
    open('/etc/shadow', ['Attributes']),
    'Deny files /etc/shadow',
  ],
  [
    'deny with access refuses that',
    web,
    open('/var/cache/fixed', ['Write']),
    'Deny files /var/cache/fixed [Write]',
  ],
  [
    'and nothing else',
    web,
    open('/var/cache/fixed', ['Read']),
    'Allow /var/cache/** [Read, Write, Create]',
  ],
  ['no access asked for', web, open('/nowhere', []), 'Allow'],
  [
    'file in doubt',
    web,
    open('/etc/hosts', ['Read'], { doubt: 'Truncated' }),
    'CannotTell files Truncated',
  ],
  [
    'file in doubt, deny that could matter',
    denyOnly,
    open('/x', ['Read'], { doubt: 'Raced' }),
    'CannotTell files Raced',
  ],
  [
    'file in doubt, deny of another access',
    denyOnly,
    open('/x', ['Write'], { doubt: 'Raced' }),
    'Allow',
  ],
  [
    "a memfd is nobody else's",
    web,
    open('memfd:x', ['Read', 'Write'], { fileless: true }),
    'Allow',
  ],

  [
    'mapping: by files',
    web,
    open('/lib/libc.so.6', ['MapExecutable']),
    'Allow /lib/** [Read, MapExecutable]',
  ],
  ['mapping: by exec', web, open('/usr/sbin/nginx', ['MapExecutable']), 'Allow /usr/sbin/nginx'],
  ['mapping: by neither', web, open('/etc/hosts', ['MapExecutable']), 'Deny exec'],
  [
    'mapping: deleted program',
    web,
    open('/usr/sbin/nginx', ['MapExecutable'], { deleted: true }),
    'Deny exec',
  ],
  ['mapping: memfd', web, open('m', ['MapExecutable'], { fileless: true }), 'Deny exec'],
  [
    'mapping: in doubt',
    web,
    open('/lib/x', ['MapExecutable'], { doubt: 'Raced' }),
    'CannotTell exec Raced',
  ],
  [
    'mapping: exec has an allow-list, files none',
    { exec: { allow: [{ path: '/a' }] } },
    open('/lib/x', ['MapExecutable']),
    'Deny exec',
  ],
  [
    'mapping: files has an allow-list, exec none',
    { files: { allow: [{ path: '/**', access: ['Read'] }] } },
    open('/lib/x', ['MapExecutable']),
    'Deny files',
  ],
  [
    'mapping what exec refuses',
    denyOnly,
    open('/usr/bin/nc', ['MapExecutable']),
    'Deny exec /usr/bin/nc',
  ],
  [
    'mapping what exec refuses and files allows',
    { ...denyOnly, files: { allow: [{ path: '/usr/**', access: ['MapExecutable'] }] } },
    open('/usr/bin/nc', ['MapExecutable']),
    'Allow /usr/** [MapExecutable]',
  ],

  [
    'connect inside',
    web,
    connect('10.1.2.3', 5432),
    'Allow TCP 5432 of 10.0.0.0/8 except 10.9.0.0/16',
  ],
  ['connect in a hole', web, connect('10.9.2.3', 5432), 'Deny egress'],
  ['connect, v4-mapped', web, connect('::ffff:10.9.2.3', 5432), 'Deny egress'],
  ['connect to another port', web, connect('10.1.2.3', 5433), 'Deny egress'],
  ['connect to no address', web, connect('what', 5432), 'Deny egress'],
  [
    'bind in the range',
    web,
    { kind: 'Bind', protocol: 'TCP', address: '::', port: 8090 },
    'Allow TCP 10.0.0.0/8:8080-8090',
  ],
  ['bind outside', web, { kind: 'Bind', protocol: 'TCP', address: '::', port: 0 }, 'Deny ingress'],
  [
    'bind another protocol',
    web,
    { kind: 'Bind', protocol: 'UDP', address: '::', port: 8080 },
    'Deny ingress',
  ],
  [
    'capability',
    web,
    { kind: 'Capability', capability: 'NET_BIND_SERVICE' },
    'Allow NET_BIND_SERVICE',
  ],
  [
    'capability: deny wins',
    web,
    { kind: 'Capability', capability: 'CHOWN' },
    'Deny capabilities CHOWN',
  ],
  ['capability not listed', web, { kind: 'Capability', capability: 'KILL' }, 'Deny capabilities'],
  ['syscall', web, { kind: 'Syscall', architecture: 'x86_64', name: 'read' }, 'Allow read'],
  [
    'syscall of another ABI',
    web,
    { kind: 'Syscall', architecture: 'x86', name: 'read' },
    'Deny syscalls',
  ],
  [
    'syscall denied on every ABI',
    denyOnly,
    { kind: 'Syscall', architecture: 'x86', name: 'mount' },
    'Deny syscalls mount',
  ],
  [
    'syscall, deny alone',
    denyOnly,
    { kind: 'Syscall', architecture: 'x86', name: 'read' },
    'Allow',
  ],
  ['forbidden', web, { kind: 'Forbidden', behaviour: 'Ptrace' }, 'Deny forbid Ptrace'],
  ['not forbidden', web, { kind: 'Forbidden', behaviour: 'Mount' }, 'Allow'],
];

for (const [what, written, asked, expected] of table) {
  test(`judge: ${what}`, () => {
    const text = brief(judge(effectiveRules('web', written), asked));
    assert.equal(text, expected);
  });
}

test('several profiles: the most restrictive wins, and no profile allows', () => {
  fc.assert(
    fc.property(profiles, operation, (all, asked) => {
      const each = all.map((one) => severityOf(judge(one, asked)));
      assert.equal(severityOf(judgeAll(all, asked)), Math.min(4, ...each));
    }),
  );
});

test('deny wins: what a deny rule alone refuses stays refused, whatever else is allowed', () => {
  fc.assert(
    fc.property(rules, rules, operation, (some, more, asked) => {
      // The one exception is documented: a mapping that files allows is not execution.
      fc.pre(asked.kind !== 'File' || !asked.access.includes('MapExecutable'));
      const denials: Rules = {
        exec: { deny: some.exec?.deny ?? [] },
        files: { deny: some.files?.deny ?? [] },
        capabilities: { deny: some.capabilities?.deny ?? [] },
        syscalls: { architectures: ['x86_64'], deny: some.syscalls?.deny ?? [] },
        forbid: some.forbid ?? [],
      };
      fc.pre(judge(effectiveRules('p', denials), asked).kind === 'Deny');
      const both: Rules = {
        exec: { ...more.exec, ...denials.exec },
        files: { ...more.files, ...denials.files },
        capabilities: { ...more.capabilities, ...denials.capabilities },
        syscalls: { ...more.syscalls, ...denials.syscalls },
        ...(denials.forbid === undefined ? {} : { forbid: denials.forbid }),
      };
      assert.equal(judge(effectiveRules('p', both), asked).kind, 'Deny');
    }),
  );
});

const backwards = (written: Rules): Rules => {
  const turn = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(turn).reverse();
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, turn(inner)]));
  };
  return turn(written) as Rules;
};

test('the order in which rules are written does not matter', () => {
  fc.assert(
    fc.property(rules, operation, (written, asked) => {
      const verdict = judge(effectiveRules('p', written), asked);
      const turned = judge(effectiveRules('p', backwards(written)), asked);
      assert.equal(turned.kind, verdict.kind);
      // Texts of network rules keep the order of their parts, so only paths and names can be compared.
      if (asked.kind !== 'Connect' && asked.kind !== 'Bind')
        assert.equal(brief(turned), brief(verdict));
    }),
  );
});
