import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { parse } from 'yaml';
import { RecordSerialiser } from '../../../src/audit/serialise.js';
import { instantOf } from '../../../src/audit/record.js';
import type { ViolationRecord } from '../../../src/audit/record.js';
import type { Operation } from '../../../src/policy/operation.js';
import { directoryWith, pinfold, profileFile } from './support.js';

const RULES = `
    exec: { allow: [{ path: /usr/sbin/nginx }, { path: /bin/sh }] }
    files: { allow: [{ path: '/etc/nginx/**', access: [Read] }], deny: [{ path: /etc/shadow }] }
    network: { egress: [{ to: [{ ipBlock: { cidr: 10.0.0.0/8 } }], ports: [{ port: 5432 }] }], ingress: [{ ports: [{ port: 8080 }] }] }
    capabilities: { allow: [NET_BIND_SERVICE] }
    syscalls: { architectures: [x86_64], allow: [read, write] }
    forbid: [Ptrace]`;

const webDirectory = (t: TestContext): string =>
  directoryWith(t, {
    'web.yaml': profileFile('web', RULES),
    'same.yaml': profileFile(
      'other',
      RULES.replace(
        '{ path: /usr/sbin/nginx }, { path: /bin/sh }',
        '{ path: /bin/sh }, { path: /usr/sbin/nginx }',
      ),
    ),
    'less.yaml': profileFile(
      'less',
      RULES.replace(', { path: /bin/sh }', '').replace('port: 8080', 'port: 8081'),
    ),
  });

const explain = (t: TestContext, ...argv: readonly string[]) =>
  pinfold(['explain', '--profile', 'web.yaml', ...argv], { cwd: webDirectory(t) });

const questions: readonly (readonly [argv: readonly string[], head: string])[] = [
  [['exec', '/bin/sh'], 'Allowed: exec /bin/sh'],
  [['exec', '//bin/./sh'], 'Allowed: exec /bin/sh'],
  [['exec', '/usr/bin/nc'], 'Denied: exec /usr/bin/nc'],
  [['open', '/etc/nginx/x'], 'Allowed: open /etc/nginx/x [Read]'],
  [['open', '/etc/nginx/x', '--access', 'read,Write'], 'Denied: open /etc/nginx/x [Read, Write]'],
  [['connect', '10.1.2.3:5432'], 'Allowed: connect TCP 10.1.2.3:5432'],
  [['connect', '[::ffff:10.1.2.3]:5432'], 'Allowed: connect TCP 10.1.2.3:5432'],
  [['connect', '10.1.2.3:5432', '--protocol', 'UDP'], 'Denied: connect UDP 10.1.2.3:5432'],
  [['connect', '[2001:db8::1]:5432'], 'Denied: connect TCP [2001:db8::1]:5432'],
  [['bind', ':8080'], 'Allowed: bind TCP 0.0.0.0:8080'],
  [['bind', '8081'], 'Denied: bind TCP 0.0.0.0:8081'],
  [['cap', 'cap_net_bind_service'], 'Allowed: capability NET_BIND_SERVICE'],
  [['cap', 'SYS_ADMIN'], 'Denied: capability SYS_ADMIN'],
  [['syscall', 'read', '--arch', 'x86_64'], 'Allowed: syscall read (x86_64)'],
  [['syscall', 'read', '--arch', 'x86'], 'Denied: syscall read (x86)'],
  [['forbid', 'ptrace'], 'Denied: behaviour Ptrace'],
];

for (const [argv, head] of questions)
  test(`explain ${argv.join(' ')}`, async (t) => {
    const { status, stdout, stderr } = await explain(t, ...argv);
    assert.deepEqual([status, stderr], [0, '']);
    assert.equal(stdout.split('\n')[0], head);
  });

test('explain names the rule, the nearest one and the patch', async (t) => {
  const denied = await explain(t, 'exec', '/usr/sbin/nginy');
  assert.match(
    denied.stdout,
    /nearest rule: \/usr\/sbin\/nginx \(spec\.rules\.exec\.allow\[0\] of web\)/,
  );
  assert.match(
    denied.stdout,
    /smallest patch of web: add\n.*spec:\n.*rules:\n.*exec:\n.*allow:\n.*- path: \/usr\/sbin\/nginy\n/,
  );
  const ruled = await explain(t, 'open', '/etc/shadow', '-o', 'json');
  const result = JSON.parse(ruled.stdout) as Record<string, unknown>;
  assert.deepEqual(result.operation, { operation: 'File', path: '/etc/shadow', access: ['Read'] });
  assert.equal((result.verdict as { kind: string }).kind, 'Deny');
  assert.equal((result.rule as { text: string }).text, '/etc/shadow');
});

const mistakes: readonly (readonly [argv: readonly string[], code: string, what: RegExp])[] = [
  [['exec', 'nc'], 'PathInvalid', /Write it from the root: \/nc/],
  [['exec', '/a/../b'], 'PathInvalid', /\.\./],
  [['exec'], 'UsageError', /exec needs an object/],
  [['launch', '/bin/sh'], 'UsageError', /launch is no operation/],
  [['connect', '10.0.0.1'], 'UsageError', /no address and port/],
  [['connect', '10.0.0.1:70000'], 'UsageError', /no address and port/],
  [['connect', '2001:db8::1:80'], 'UsageError', /no address and port/],
  [['connect', ':80'], 'UsageError', /no address and port/],
  [['open', '/x', '--access', 'Raed'], 'UsageError', /Read \(did you mean that\?\)/],
  [['cap', 'NET_RWA'], 'UsageError', /NET_RAW \(did you mean that\?\)/],
  [['syscall', 'opnat'], 'UsageError', /did you mean openat\?/],
];

for (const [argv, code, what] of mistakes)
  test(`explain refuses: ${argv.join(' ')}`, async (t) => {
    const { status, stdout, stderr } = await explain(t, ...argv);
    assert.ok(status === 2 || status === 3);
    assert.equal(stdout, '');
    assert.ok(stderr.startsWith(`error: ${code}: `), stderr);
    assert.match(stderr, what);
  });

const recordOf = (operation: Operation, profile: string): string => {
  const record: ViolationRecord = {
    kind: 'violation',
    time: instantOf(Date.parse('2025-10-09T08:53:20.123Z')),
    node: 'worker-1',
    cpu: 1,
    sequence: 4711,
    severity: 'High',
    mode: 'Enforce',
    outcome: 'Denied',
    class: 'files',
    operation,
    source: 'object',
    reason: 'NotAllowed',
    errno: 'EACCES',
    subject: { profile, generation: 3 },
    process: { pid: 1234, tid: 1234, uid: 33, exe: '/usr/sbin/nginx', comm: 'nginx' },
  };
  return new RecordSerialiser().line(record);
};

const open = (path: string): Operation => ({ kind: 'File', object: { path }, access: ['Read'] });

test('explain takes a record as text, as a file and from standard input', async (t) => {
  const line = recordOf(open('/srv/x'), 'web');
  const cwd = webDirectory(t);
  const file = join(directoryWith(t, { 'record.json': `\n${line}\n` }), 'record.json');
  for (const given of [line, file, '-']) {
    const { status, stdout } = await pinfold(['explain', '--profile', 'web.yaml', given], {
      cwd,
      stdin: line,
    });
    assert.equal(status, 0);
    const [recorded = '', head] = stdout.split('\n');
    assert.match(recorded, /^recorded: 2025-10-09T08:53:20\.123Z {2}Denied .*\/srv\/x/);
    assert.equal(head, 'Denied: open /srv/x [Read]');
  }
});

test('explain judges bytes that are not UTF-8, and shows them escaped', async (t) => {
  const line = recordOf(open('/etc/nginx/\uDCFF\u001B'), 'web');
  const { stdout } = await explain(t, line);
  assert.match(stdout, /^Allowed: open /m);
  assert.ok(!stdout.includes('\u001B'));
  const json = await explain(t, line, '-o', 'json');
  const { operation } = JSON.parse(json.stdout) as { operation: Record<string, string> };
  const path = Buffer.from(operation.pathBase64 ?? '', 'base64').toString('latin1');
  assert.equal(path, '/etc/nginx/\u00FF\u001B');
});

test('explain picks the profile that the record names', async (t) => {
  const cwd = directoryWith(t, {
    'two.yaml': `${profileFile('first', RULES)}---${profileFile('second', '{ files: { allow: [{ path: /srv/x, access: [Read] }] } }')}`,
  });
  const line = recordOf(open('/srv/x'), 'second');
  const { stdout } = await pinfold(['explain', '--profile', 'two.yaml', line], { cwd });
  assert.match(stdout, /^Allowed: open \/srv\/x/m);
});

test('explain refuses what is not one violation record', async (t) => {
  const line = recordOf(open('/x'), 'web');
  const two = await explain(t, join(directoryWith(t, { r: line + line }), 'r'));
  assert.match(two.stderr, /^error: UsageError: .* holds 2 records/);
  const rubbish = await explain(t, '{"a":1}');
  assert.match(rubbish.stderr, /^error: RecordInvalid: the argument:1: /);
  const noProfile = await pinfold(['explain', 'exec', '/bin/sh']);
  assert.match(noProfile.stderr, /^error: UsageError: give the profile with --profile/);
});

const diffOf = async (t: TestContext, a: string, b: string, ...more: readonly string[]) =>
  pinfold(['diff', a, b, ...more], { cwd: webDirectory(t) });

test('diff of profiles that mean the same is empty and ends with 0', async (t) => {
  assert.deepEqual(await diffOf(t, 'web.yaml', 'same.yaml'), { status: 0, stdout: '', stderr: '' });
});

test('diff shows what each allows alone and ends with 1', async (t) => {
  const { status, stdout } = await diffOf(t, 'web.yaml', 'less.yaml');
  assert.equal(status, 1);
  const lines = stdout.trimEnd().split('\n');
  assert.deepEqual(lines.slice(0, 3), [
    '--- web.yaml (web)',
    '+++ less.yaml (less)',
    '- exec          /bin/sh',
  ]);
  assert.match(stdout, /^- ingress .*8080$/m);
  assert.match(stdout, /^\+ ingress .*8081$/m);
  const json = await diffOf(t, 'web.yaml', 'less.yaml', '-o', 'json');
  const { same, onlyA } = JSON.parse(json.stdout) as { same: boolean; onlyA: { text: string }[] };
  assert.equal(same, false);
  assert.ok(onlyA.some(({ text }) => text === '/bin/sh'));
});

test('what merge writes allows what each of its parts does', async (t) => {
  const cwd = webDirectory(t);
  const { status } = await pinfold(
    ['merge', 'web.yaml', 'less.yaml', '--name', 'both', '-o', 'both.yaml'],
    { cwd },
  );
  assert.equal(status, 0);
  const text = readFileSync(join(cwd, 'both.yaml'), 'utf8');
  assert.match(text, /^# Merged by pinfold from web\.yaml, less\.yaml\.\n/);
  assert.equal((parse(text) as { metadata: { name: string } }).metadata.name, 'both');
  for (const part of ['web.yaml', 'less.yaml']) {
    const { stdout } = await pinfold(['diff', part, 'both.yaml', '-o', 'json'], { cwd });
    assert.deepEqual((JSON.parse(stdout) as { onlyA: unknown }).onlyA, []);
  }
});

test('merge refuses what does not go together, and writes nothing then', async (t) => {
  const cwd = directoryWith(t, {
    'a.yaml': profileFile('a', '{}', 'baseRevision: a-1'),
    'b.yaml': profileFile('b', '{}', 'baseRevision: b-1'),
    'two.yaml': `${profileFile('x', '{}')}---${profileFile('y', '{}')}`,
    'c.yaml': `apiVersion: pinfold.dev/v1alpha1\nkind: ClusterSecurityProfile\nmetadata: { name: c }\nspec: { selector: { podSelector: {} } }\n`,
  });
  for (const [files, what] of [
    [['a.yaml', 'b.yaml'], /different revisions: a-1, b-1/],
    [['two.yaml'], /two\.yaml holds 2 profiles/],
    [['a.yaml', 'c.yaml'], /a is a SecurityProfile and c a ClusterSecurityProfile/],
  ] as const) {
    const { status, stdout, stderr } = await pinfold(['merge', ...files], { cwd });
    assert.deepEqual([status, stdout], [2, '']);
    assert.match(stderr, what);
  }
});

test('merge says where it cannot write', async (t) => {
  const { status, stderr } = await pinfold(['merge', 'web.yaml', '-o', '/nonexistent/x.yaml'], {
    cwd: webDirectory(t),
  });
  assert.equal(status, 6);
  assert.match(stderr, /^error: OutputFailed: \/nonexistent\/x\.yaml cannot be written/);
});

test('export writes a document for its reader and says what is not in it', async (t) => {
  const cwd = webDirectory(t);
  const seccomp = await pinfold(['export', '--format', 'seccomp', 'web.yaml'], { cwd });
  assert.equal(seccomp.status, 0);
  const filter = JSON.parse(seccomp.stdout) as { syscalls: { names: string[] }[] };
  assert.ok(filter.syscalls.some(({ names }) => names.includes('read')));
  assert.match(seccomp.stderr, /^# not expressed: exec: /m);
  const policy = await pinfold(['export', '--format', 'networkpolicy', 'web.yaml'], { cwd });
  assert.equal((parse(policy.stdout) as { kind: string }).kind, 'NetworkPolicy');
  assert.match(policy.stderr, /^# not expressed: syscalls: /m);
});

test('export -o json holds document and omissions together', async (t) => {
  const { stdout } = await pinfold(['export', '--format', 'seccomp', '-o', 'json', 'web.yaml'], {
    cwd: webDirectory(t),
  });
  const all = JSON.parse(stdout) as { document: object; notExpressed: string[]; profile: string };
  assert.equal(all.profile, 'web');
  assert.ok('defaultAction' in all.document);
  assert.ok(all.notExpressed.some((text) => text.startsWith('files: ')));
});

test('files that cannot be used are refused by code', async (t) => {
  const cwd = directoryWith(t, {
    'empty.yaml': '',
    'broken.yaml': 'a: [',
    'kind.yaml': 'apiVersion: v1\nkind: Pod\n',
    'field.yaml': profileFile('x', '{ exec: { alow: [] } }'),
    'bytes.yaml': Buffer.from([0x61, 0xff]),
    'large.yaml': Buffer.alloc(10 * 1024 * 1024, 0x61),
    'parent.yaml': profileFile('x', '{}', 'extends: [{ name: nowhere }]'),
  });
  for (const [file, code, status] of [
    ['empty.yaml', 'DocumentEmpty', 3],
    ['broken.yaml', 'YamlMalformed', 3],
    ['kind.yaml', 'KindUnknown', 3],
    ['field.yaml', 'ObjectInvalid', 3],
    ['bytes.yaml', 'FileNotUtf8', 3],
    ['large.yaml', 'FileTooLarge', 3],
    ['parent.yaml', 'ExtendsMissing', 3],
    ['missing.yaml', 'FileUnreadable', 7],
    ['.', 'FileUnreadable', 7],
  ] as const) {
    const found = await pinfold(['explain', '--profile', file, 'exec', '/bin/sh'], { cwd });
    assert.ok(found.stderr.startsWith(`error: ${code}: `), `${file}: ${found.stderr}`);
    assert.deepEqual([found.status, found.stdout], [status, '']);
  }
});
