/** A command under its profile: audited or enforced, with what it sees, what is written and what is left. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { cgroupOfProcess } from '../../src/node-enforcer/cgroups.js';
import { finish, pinfold, PINFOLD } from './support/cli.js';
import { skip } from './support/needs.js';

interface Line {
  readonly kind: string;
  readonly operation?: string;
  readonly behaviour?: string;
  readonly outcome?: string;
  readonly class?: string;
  readonly errno?: string;
  readonly path?: string;
  readonly address?: string;
  readonly syscall?: string;
  readonly capability?: string;
  readonly port?: number;
  readonly count?: number;
  readonly rule?: { readonly text: string };
  readonly process?: { readonly exe: string };
}

const profile = (rules: string): string => `apiVersion: pinfold.dev/v1alpha1
kind: SecurityProfile
metadata: {name: p}
spec:
  mode: Enforce
  selector: {podSelector: {}}
  onDegraded: Audit
  rules:
${rules}
`;

const PYTHON = '/usr/bin/python3';

/** Tries each statement and prints its errno; 0 for success. */
const attempts = (...statements: readonly string[]): string =>
  [
    'import os, socket, sys',
    'def t(f):',
    '  try: f(); print(0)',
    '  except OSError as e: print(e.errno)',
    ...statements.map((statement) => `t(lambda: ${statement})`),
  ].join('\n');

const tcp = (address: string, port: number): string =>
  `socket.socket(socket.AF_INET${address.includes(':') ? '6' : ''}, socket.SOCK_STREAM).connect(("${address}", ${String(port)}))`;

void describe('run', { skip: skip || (existsSync(PYTHON) ? false : `needs ${PYTHON}`) }, () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'pinfold-run-'));
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(() => {
    const left = readdirSync(cgroupOfProcess('self')).filter((name) => name.startsWith('pinfold-'));
    assert.deepEqual(left, []);
  });

  let number = 0;
  const underProfile = async (
    rules: string,
    command: readonly string[],
    ...options: readonly string[]
  ) => {
    number += 1;
    const path = join(folder, `${String(number)}.yaml`);
    const log = join(folder, `${String(number)}.jsonl`);
    writeFileSync(path, profile(rules));
    const args = ['run', '--profile', path, '--audit-log', log, ...options, '--', ...command];
    const ended = await pinfold(args);
    const lines = readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line);
    return { ...ended, violations: lines.filter(({ kind }) => kind === 'violation'), lines };
  };

  void test('exec and files: EACCES, one record each, by the program that did it', async () => {
    const secret = join(folder, 'secret');
    writeFileSync(secret, 'x');
    const rules = `    exec: {allow: [{path: /usr/bin/**}]}
    files: {allow: [{path: /usr/**, access: [Read, MapExecutable]}, {path: /etc/**, access: [Read]}, {path: /proc/**, access: [Read]}]}`;
    const program = attempts(
      `open("${secret}")`,
      'os.execv("/usr/sbin/nologin", ["nologin"])',
      `os.unlink("${secret}")`,
    );
    const { stdout, violations } = await underProfile(rules, [PYTHON, '-Ic', program]);
    assert.equal(stdout, '13\n13\n13\n');
    const denied = violations.filter(({ outcome }) => outcome === 'Denied');
    assert.deepEqual(
      denied.map((line) => [line.class, line.path, line.errno]),
      [
        ['files', secret, 'EACCES'],
        ['exec', '/usr/sbin/nologin', 'EACCES'],
        ['files', secret, 'EACCES'],
      ],
    );
    for (const { process } of denied) assert.match(process?.exe ?? '', /^\/usr\/bin\/python3/);
    assert.ok(existsSync(secret));
  });

  void test('network: v4, v6, mapped, UDP and bind get EPERM; what a rule allows goes out', async () => {
    const rules = `    network:
      egress: [{to: [{ipBlock: {cidr: 127.0.0.1/32}}], ports: [{protocol: TCP, port: 9}]}]
      ingress: []`;
    const program = attempts(
      tcp('127.0.0.1', 9),
      tcp('127.0.0.2', 9),
      tcp('::1', 9),
      tcp('::ffff:127.0.0.2', 10),
      'socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9))',
      'socket.socket().bind(("127.0.0.1", 0))',
    );
    const { stdout, violations } = await underProfile(rules, [PYTHON, '-Ic', program]);
    assert.equal(stdout, '111\n1\n1\n1\n1\n1\n');
    assert.deepEqual(
      violations.map((line) => [line.outcome, line.class, line.address, line.port, line.errno]),
      [
        ['Denied', 'egress', '127.0.0.2', 9, 'EPERM'],
        ['Denied', 'egress', '::1', 9, 'EPERM'],
        ['Denied', 'egress', '127.0.0.2', 10, 'EPERM'],
        ['Denied', 'egress', '127.0.0.1', 9, 'EPERM'],
        ['Denied', 'ingress', '127.0.0.1', 0, 'EPERM'],
      ],
    );
  });

  void test('what an abstract unix socket refuses by itself is no violation of a path', async () => {
    const program = `
import os, socket
def made(name):
  s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind("\\0pinfold-%d-%s" % (os.getpid(), name)); return s
taken, other, third = made("taken"), made("other"), made("third")
taken.connect(other.getsockname())
for call in (lambda: third.connect(taken.getsockname()), lambda: third.sendto(b"x", taken.getsockname())):
  try: call(); print(0)
  except OSError as e: print(e.errno)`;
    const { stdout, violations } = await underProfile(
      `    files: {allow: [{path: /usr/**, access: [Read, MapExecutable]}, {path: /etc/**, access: [Read]}]}`,
      [PYTHON, '-Ic', program],
    );
    assert.equal(stdout, '1\n1\n');
    assert.deepEqual(violations, []);
  });

  void test('a program without a file is told by the name of its memfd', async () => {
    const program = `
import os
f = os.memfd_create("odd name/x")
os.write(f, open("/bin/true", "rb").read())
os.execve(f, ["true"], {})`;
    const rules = '    forbid: [FilelessExec]';
    const command = [PYTHON, '-Ic', program];
    const audited = await underProfile(rules, command, '--mode', 'Audit');
    assert.equal(audited.status, 0);
    assert.deepEqual(
      audited.violations.map(({ operation, path, behaviour }) => [operation, path ?? behaviour]),
      [
        ['Forbidden', 'FilelessExec'],
        ['Exec', 'memfd:odd name/x'],
      ],
    );
    const enforced = await underProfile(rules, command);
    assert.notEqual(enforced.status, 0);
    assert.deepEqual(
      enforced.violations.map(({ operation, outcome, errno }) => [operation, outcome, errno]),
      [['Forbidden', 'Denied', 'EPERM']],
    );
  });

  void test('capabilities and system calls', async () => {
    const program = attempts('os.chown("/etc/hostname", 1, 1)', 'os.sched_yield()');
    const { stdout, violations } = await underProfile(
      `    capabilities: {allow: []}
    syscalls: {architectures: [x86_64], deny: [sched_yield]}`,
      [PYTHON, '-Ic', program],
    );
    assert.equal(stdout, '1\n1\n');
    assert.ok(
      violations.some((line) => line.capability === 'CHOWN' && line.outcome === 'Denied'),
      'CHOWN',
    );
    const refused = violations.find((line) => line.syscall === 'sched_yield');
    assert.equal(refused?.errno, 'EPERM');
    assert.equal(refused.rule?.text, 'sched_yield');
  });

  void test('audit denies nothing and reports the same', async () => {
    const rules = `    exec: {allow: [{path: /usr/bin/**}]}
    files: {allow: [{path: /usr/**, access: [Read, MapExecutable]}, {path: /etc/**, access: [Read]}, {path: /proc/**, access: [Read]}]}
    network: {egress: []}`;
    const seen = join(folder, 'seen');
    writeFileSync(seen, 'x');
    const program = attempts(`open("${seen}")`, tcp('127.0.0.1', 9));
    const command = [PYTHON, '-Ic', program];
    const audit = await underProfile(rules, command, '--mode', 'Audit');
    assert.equal(audit.stdout, '0\n111\n');
    const enforce = await underProfile(rules, command);
    assert.equal(enforce.stdout, '13\n1\n');
    const verdicts = ({ violations }: typeof audit) =>
      violations.map((line) => `${line.class ?? ''} ${line.path ?? line.address ?? ''}`).sort();
    assert.deepEqual(verdicts(audit), verdicts(enforce));
    assert.ok(audit.violations.every(({ outcome }) => outcome === 'WouldDeny'));
  });

  void test('1,000 refusals of one object: the first at once, all of them counted', async () => {
    const secret = join(folder, 'often');
    writeFileSync(secret, 'x');
    const program = `
for _ in range(1000):
  try: open("${secret}")
  except OSError: pass`;
    const { violations } = await underProfile(
      '    files: {allow: [{path: /usr/**, access: [Read, MapExecutable]}, {path: /etc/**, access: [Read]}]}',
      [PYTHON, '-Ic', program],
    );
    const own = violations.filter(({ path }) => path === secret);
    assert.equal(own[0]?.count, undefined);
    assert.equal(
      own.reduce((sum, { count }) => sum + (count ?? 1), 0),
      1000,
    );
  });

  void test('exit status and signals are those of the command', async () => {
    const rules = '    exec: {deny: [{path: /usr/bin/nc}]}';
    const exit = (script: string) => underProfile(rules, ['/bin/sh', '-c', script]);
    assert.equal((await exit('exit 7')).status, 7);
    assert.equal((await exit('kill -TERM $$')).status, 'SIGTERM');
    assert.equal((await exit('kill -KILL $$')).status, 'SIGKILL');
  });

  void test('a signal to pinfold reaches the command', async () => {
    const path = join(folder, 'signal.yaml');
    writeFileSync(path, profile('    exec: {deny: [{path: /usr/bin/nc}]}'));
    const script = 'trap "echo got; exit 3" USR1; echo ready; while :; do sleep 0.05; done';
    const ended = await finish(
      [...PINFOLD, 'run', '--profile', path, '--mode', 'Audit', '--', '/bin/sh', '-c', script],
      {},
      (child) => {
        child.stdout?.once('data', () => child.kill('SIGUSR1'));
      },
    );
    assert.equal(ended.stdout, 'ready\ngot\n');
    assert.equal(ended.status, 3);
  });

  void test('what the command leaves behind is ended with it', async () => {
    const { stderr } = await underProfile('    exec: {deny: [{path: /usr/bin/nc}]}', [
      '/bin/sh',
      '-c',
      'sleep 1000 & exit 0',
    ]);
    assert.match(stderr, /1 process\(es\) left behind/);
  });
});
