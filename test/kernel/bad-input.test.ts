/** Bad input → code and exit status, through the real command line; nothing half-written is left. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { finish, pinfold, PINFOLD } from './support/cli.js';
import { skip } from './support/needs.js';

const profile = (rules: string, more = ''): string => `apiVersion: pinfold.dev/v1alpha1
kind: SecurityProfile
metadata: {name: p}
spec:
  mode: Enforce
  selector: {podSelector: {}}
${more}  rules:
${rules}
`;
const file = (path: string): string =>
  profile(`    files: {allow: [{path: ${path}, access: [Read]}]}`);
const many = (count: number): string =>
  profile(
    `    files:\n      allow:\n${Array.from({ length: count }, (_, n) => `        - {path: /f/${String(n)}, access: [Read]}`).join('\n')}`,
  );

interface Case {
  readonly input: string | Buffer;
  readonly code: string;
  readonly exit?: number;
  /** What the message has to name: place, value or what would be right. */
  readonly says: RegExp;
}

const FILES: Readonly<Record<string, Case>> = {
  'malformed YAML': { input: 'a: [', code: 'YamlMalformed', says: /:1:\d+/ },
  'an empty file': { input: '', code: 'DocumentEmpty', says: /no object/ },
  'another kind': {
    input: 'apiVersion: v1\nkind: Pod\nmetadata: {name: x}\n',
    code: 'KindUnknown',
    says: /SecurityProfile/,
  },
  'an unknown field': {
    input: profile('    file: {allow: []}'),
    code: 'ObjectInvalid',
    says: /files/,
  },
  'a relative path': { input: file('etc/x'), code: 'ObjectInvalid', says: /spec\.rules\.files/ },
  'a path with ..': { input: file('/a/../b'), code: 'ObjectInvalid', says: /\.\./ },
  'an empty path': { input: file('""'), code: 'ObjectInvalid', says: /path/ },
  'a path with NUL': { input: file('"/a\\0b"'), code: 'ObjectInvalid', says: /path/ },
  'a wildcard inside a segment': { input: file('/a/*b'), code: 'ObjectInvalid', says: /\*/ },
  'invalid UTF-8': {
    input: Buffer.concat([Buffer.from(file('/a')), Buffer.from([0x23, 0xff])]),
    code: 'FileNotUtf8',
    says: /byte \d+/,
  },
  'ten megabytes': {
    input: Buffer.alloc(10 << 20, 0x23),
    code: 'FileTooLarge',
    says: /more than the 4194304 bytes/,
  },
  'more than 5,000 rules': { input: many(5001), code: 'ObjectInvalid', says: /5000|5,000/ },
  'no selector': {
    input: profile('    exec: {allow: []}').replace(/ {2}selector.*\n/, ''),
    code: 'ObjectInvalid',
    says: /selector/,
  },
};

void describe('bad input', { skip }, () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'pinfold-bad-'));
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const fresh = (name: string): string => {
    const made = join(folder, name.replace(/\W+/g, '-'));
    mkdirSync(made);
    return made;
  };

  /** The code is told, the remedy follows, and the exit status is that of its class. */
  const refused = (
    { status, stderr }: { readonly status: number | string; readonly stderr: string },
    code: string,
    exit: number,
  ): void => {
    assert.match(stderr, new RegExp(`error: ${code}: `), stderr);
    assert.equal(status, exit);
  };

  for (const [name, { input, code, exit = 3, says }] of Object.entries(FILES))
    void test(`${name} → ${code}`, async () => {
      const path = join(folder, 'profile.yaml');
      writeFileSync(path, input);
      const explained = await pinfold(['explain', '--profile', path, 'exec', '/bin/ls']);
      refused(explained, code, exit);
      assert.match(explained.stderr, says);
      const log = join(folder, 'never.jsonl');
      const run = await pinfold(['run', '--profile', path, '--audit-log', log, '--', '/bin/true']);
      refused(run, code, 125);
      assert.deepEqual(readdirSync(folder).includes('never.jsonl'), false);
    });

  void test('a newline in a path is a name like any other', async () => {
    const path = join(folder, 'newline.yaml');
    writeFileSync(path, file('"/a\\nb"'));
    const { status, stdout } = await pinfold(['explain', '--profile', path, 'open', '/a\nb']);
    assert.equal(status, 0);
    assert.match(stdout, /Allow/);
  });

  void test('5,000 rules are taken', async () => {
    const path = join(folder, 'many.yaml');
    writeFileSync(path, many(5000));
    assert.equal((await pinfold(['explain', '--profile', path, 'open', '/f/4999'])).status, 0);
  });

  void test('a file that is not there → FileUnreadable', async () => {
    refused(
      await pinfold(['explain', '--profile', join(folder, 'no-such'), 'exec', '/bin/ls']),
      'FileUnreadable',
      7,
    );
  });

  const anyProfile = (): string => {
    const path = join(folder, 'any.yaml');
    writeFileSync(
      path,
      profile('    exec: {deny: [{path: /usr/bin/nc}]}', '  onDegraded: Audit\n'),
    );
    return path;
  };

  void test('a program that is missing → CommandNotFound, 127', async () => {
    for (const command of ['/no/such/program', 'no-such-program']) {
      refused(
        await pinfold(['run', '--profile', anyProfile(), '--mode', 'Audit', '--', command]),
        'CommandNotFound',
        127,
      );
      const out = fresh(command.startsWith('/') ? 'missing path' : 'missing name');
      refused(
        await pinfold(['record', '-o', join(out, 'p.yaml'), '--', command]),
        'CommandNotFound',
        127,
      );
      assert.deepEqual(readdirSync(out), []);
    }
  });

  void test('a program that cannot be executed → CommandNotExecutable, 126', async () => {
    const text = join(folder, 'text');
    writeFileSync(text, 'not a program', { mode: 0o644 });
    const noInterpreter = join(folder, 'script');
    writeFileSync(noInterpreter, '#!/no/such/interpreter\n', { mode: 0o755 });
    const garbage = join(folder, 'garbage');
    writeFileSync(garbage, Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0, 0, 0]), { mode: 0o755 });
    for (const command of [text, noInterpreter, garbage, folder]) {
      const out = fresh(`not executable ${command}`);
      refused(
        await pinfold(['record', '-o', join(out, 'p.yaml'), '--', command]),
        'CommandNotExecutable',
        126,
      );
      assert.deepEqual(readdirSync(out), []);
    }
  });

  void test('a profile that the ladder cannot express → ProfileNotExpressible, nothing started', async () => {
    const path = join(folder, 'inexpressible.yaml');
    writeFileSync(path, profile('    exec: {deny: [{path: /usr/bin/nc}]}'));
    const made = join(fresh('inexpressible'), 'made');
    const run = await pinfold(['run', '--profile', path, '--', '/usr/bin/touch', made]);
    refused(run, 'ProfileNotExpressible', 125);
    assert.match(run.stderr, /exec: \w+/);
    assert.throws(() => readFileSync(made), { code: 'ENOENT' });
  });

  void test('contradicting and missing targets → UsageError', async () => {
    refused(await pinfold(['record']), 'UsageError', 2);
    refused(await pinfold(['record', '--pid', '1', '--', '/bin/true']), 'UsageError', 2);
    refused(await pinfold(['record', '--for', 'soon', '--', '/bin/true']), 'UsageError', 2);
  });

  void test('what is not there to be followed → ProcessNotFound, CgroupNotFound', async () => {
    refused(await pinfold(['record', '--pid', '4194303']), 'ProcessNotFound', 7);
    refused(await pinfold(['record', '--cgroup', '/no/such/group']), 'CgroupNotFound', 7);
  });

  void test('a full disk under -o → OutputFailed, nothing half-written', async () => {
    const disk = fresh('full disk');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4k,nr_inodes=4', 'tmpfs', disk]);
    try {
      writeFileSync(join(disk, 'filler'), Buffer.alloc(4096));
      const run = await pinfold(['record', '-o', join(disk, 'p.yaml'), '--', '/bin/true']);
      refused(run, 'OutputFailed', 6);
      assert.deepEqual(readdirSync(disk), ['filler']);
    } finally {
      execFileSync('umount', [disk]);
    }
  });

  void test('a full disk under the audit log: counted and told, the program goes on', async () => {
    const disk = fresh('full log');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', disk]);
    try {
      const log = join(disk, 'audit.jsonl');
      const path = join(folder, 'empty.yaml');
      writeFileSync(path, profile('    files: {allow: []}', '  onDegraded: Audit\n'));
      const args = ['run', '--profile', path, '--mode', 'Audit', '--audit-log', log];
      const run = await pinfold([...args, '--', '/bin/ls', '-lR', '/etc/ssl']);
      assert.equal(run.status, 0);
      assert.match(run.stderr, /AuditLogFailed: .*; [1-9]\d* record\(s\) lost/);
      for (const line of readFileSync(log, 'utf8').trimEnd().split('\n')) JSON.parse(line);
    } finally {
      execFileSync('umount', [disk]);
    }
  });

  /** Runs Pinfold in a mount namespace of its own that `prepare` has changed. */
  const inNamespace = (prepare: string, args: readonly string[]) =>
    finish([
      'unshare',
      '--mount',
      '--propagation',
      'private',
      'sh',
      '-c',
      `${prepare}; exec "$@"`,
      'sh',
      ...PINFOLD,
      ...args,
    ]);

  void test('a kernel without BTF → BtfMissing', async () => {
    const hide = 'mount -t tmpfs tmpfs /sys/kernel/btf';
    const out = fresh('no btf');
    const recorded = await inNamespace(hide, ['record', '-o', `${out}/p`, '--', '/bin/true']);
    refused(recorded, 'BtfMissing', 5);
    assert.match(recorded.stderr, /lint, explain, diff, merge and export/);
    assert.deepEqual(readdirSync(out), []);
    const run = await inNamespace(hide, ['run', '--profile', anyProfile(), '--', '/bin/true']);
    refused(run, 'BtfMissing', 125);
    const status = await inNamespace(hide, ['status']);
    assert.match(status.stdout, /BTF: +no/);
  });

  void test('no cgroup v2 → CgroupV2Missing', async () => {
    const hide =
      'while read -r _ where type _; do [ $type != cgroup2 ] || umount -l $where; done < /proc/self/mounts';
    refused(await inNamespace(hide, ['record', '--', '/bin/true']), 'CgroupV2Missing', 5);
  });

  void test('without root → NotRoot', async () => {
    // A program that another user may start: the sources may lie where nobody else can read.
    const run = await finish(['unshare', '--user', ...PINFOLD, 'record', '--', '/bin/true']);
    refused(run, 'NotRoot', 5);
  });
});
