/** What set-up does on machines that this one is not: run against stand-ins for `node` and `id`. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));

const temporary = (context: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), 'set-up-'));
  context.after(() => {
    rmSync(folder, { recursive: true });
  });
  return folder;
};

/** Runs a command of the checkout with programs that print a fixed text before all others on PATH. */
const withStandIns = (context: TestContext, prints: Record<string, string>, command: string) => {
  const bin = temporary(context);
  for (const [name, text] of Object.entries(prints))
    writeFileSync(join(bin, name), `#!/bin/sh\necho '${text}'\n`, { mode: 0o755 });
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH ?? ''}` };
  return spawnSync('bash', ['-c', command], { cwd: root, env, encoding: 'utf8' });
};

test('an old Node is refused with its version and the one that is needed', (context) => {
  const { status, stderr } = withStandIns(context, { node: '18.20.4' }, 'scripts/setup');
  assert.equal(status, 5);
  assert.match(stderr, /Node\.js 20\.19 or newer is needed; \S*node is 18\.20\.4/);
});

test('a machine without root is told so, and what is missing is named', (context) => {
  const show = 'source scripts/lib.sh; kernel_gaps';
  assert.match(withStandIns(context, { id: '1000' }, show).stdout, /^root: you are user id 1000$/m);
  assert.doesNotMatch(withStandIns(context, { id: '0' }, show).stdout, /^root/m);
});

test('a system that is not Linux is told so', (context) => {
  const show = 'source scripts/lib.sh; kernel_gaps';
  assert.equal(withStandIns(context, { uname: 'Darwin' }, show).stdout, 'Linux (this is Darwin)\n');
});

test(
  'a kernel without type information and cgroup v2 is told so',
  { skip: process.getuid?.() === 0 ? false : 'needs root, to hide them in a mount namespace' },
  () => {
    const command = `set -e
      mount -t tmpfs none /sys/kernel
      grep ' cgroup2 ' /proc/self/mounts | cut -d' ' -f2 | sort -r | xargs -n1 umount -l
      source scripts/lib.sh
      kernel_gaps`;
    const { stdout, stderr } = spawnSync('unshare', ['--mount', 'bash', '-c', command], {
      cwd: root,
      encoding: 'utf8',
    });
    assert.equal(stderr, '');
    assert.match(stdout, /^kernel type information: \/sys\/kernel\/btf\/vmlinux/m);
    assert.match(stdout, /^a cgroup v2 hierarchy: mount -t cgroup2/m);
  },
);

test('a quickstart that cannot record installs nothing and says what would work', (context) => {
  const { status, stderr } = withStandIns(context, { id: '1000' }, 'scripts/quickstart');
  assert.equal(status, 5);
  assert.match(stderr, /Missing:\n {2}- root: you are user id 1000\nWithout it, lint/);
});

test('a step that fails shows what it printed and passes its status on in words', () => {
  const command = "source scripts/lib.sh; step 'a thing' sh -c 'echo out; echo err >&2; exit 9'";
  const { status, stderr } = spawnSync('bash', ['-c', command], { cwd: root, encoding: 'utf8' });
  assert.equal(status, 9);
  assert.equal(stderr, 'out\nerr\npinfold: a thing: failed (exit status 9); its output is above\n');
});

/** What apt() does with an apt-get that fails like this, until the given call. */
const aptWith = (context: TestContext, says: string, succeedsAt: number) => {
  const calls = join(temporary(context), 'calls');
  const aptGet = `apt-get() { echo x >>${calls}; [ $(wc -l <${calls}) -ge ${succeedsAt} ] || { echo '${says}'; return 100; }; }`;
  const command = `source scripts/lib.sh; ${aptGet}; apt update`;
  const { status, stdout } = spawnSync('bash', ['-c', command], { cwd: root, encoding: 'utf8' });
  return { status, stdout, calls: readFileSync(calls, 'utf8').length / 2 };
};

test('apt is waited for while another program holds its lock', (context) => {
  const said = 'E: Could not get lock /var/lib/apt/lists/lock.';
  assert.deepEqual(aptWith(context, said, 2), { status: 0, stdout: '', calls: 2 });
});

test('apt is not asked again when it fails for another reason', (context) => {
  const said = 'E: Unable to locate package';
  assert.deepEqual(aptWith(context, said, 2), { status: 1, stdout: `${said}\n`, calls: 1 });
});

type Packages = Readonly<
  Record<string, { version: string; integrity?: string; optional?: boolean }>
>;

/** Exit status of npm-is-current.js for these two lock files. */
const isCurrent = (
  context: TestContext,
  wanted: Packages,
  present: Packages | undefined,
): number => {
  const folder = temporary(context);
  mkdirSync(join(folder, 'scripts'));
  mkdirSync(join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
  cpSync(join(root, 'scripts/npm-is-current.js'), join(folder, 'scripts/npm-is-current.js'));
  const lock = { packages: { '': { name: 'pinfold' }, ...wanted } };
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock));
  if (present !== undefined)
    writeFileSync(
      join(folder, 'node_modules/.package-lock.json'),
      JSON.stringify({ packages: present }),
    );
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(folder, 'scripts/npm-is-current.js')],
    { encoding: 'utf8' },
  );
  assert.equal(stderr, '');
  return status ?? -1;
};

const a = { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' } };
const b = { 'node_modules/b': { version: '2.0.0', integrity: 'sha512-b' } };
const cases: readonly (readonly [string, Packages, Packages | undefined, number])[] = [
  ['what the lock asks for', { ...a, ...b }, { ...a, ...b }, 0],
  ['nothing at all', a, undefined, 1],
  ['too little', { ...a, ...b }, a, 1],
  ['too much', a, { ...a, ...b }, 1],
  ['another version', a, { 'node_modules/a': { version: '1.0.1', integrity: 'sha512-a' } }, 1],
  ['other contents', a, { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-x' } }, 1],
  [
    'all but a package of another platform',
    { ...a, 'node_modules/b': { version: '2.0.0', optional: true } },
    a,
    0,
  ],
];
for (const [what, wanted, present, status] of cases) {
  test(`node_modules with ${what}: npm ci is ${status === 0 ? 'not ' : ''}needed`, (context) => {
    assert.equal(isCurrent(context, wanted, present), status);
  });
}
