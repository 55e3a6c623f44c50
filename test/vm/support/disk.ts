/** The root disk of a machine: this checkout as it is built, Node, test programs, and what all these need. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import ts from 'typescript';
import { installationRoot } from '../../../src/bpf/addon.js';

/** Programs of the host that recordings run, besides busybox. */
const HOST_PROGRAMS = ['/bin/bash', '/bin/ls', '/bin/cat', '/usr/bin/find', '/bin/tar'];

const GUEST = join(import.meta.dirname, '..', 'guest');
const PROGRAMS = join(import.meta.dirname, '..', 'programs');

const ADDON = 'native/build/Release/pinfold.node';
const LAUNCHER = 'native/build/pinfold-launch';

/** What the dynamic linker will look for, itself included. */
const librariesOf = (program: string): readonly string[] =>
  [...execFileSync('ldd', [program], { encoding: 'utf8' }).matchAll(/(\/\S+) \(0x/g)].flatMap(
    ([, path]) => path ?? [],
  );

/** To the same path, with links followed. */
const copyFile = (root: string, file: string): void => {
  const target = join(root, file);
  if (existsSync(target)) return;
  mkdirSync(dirname(target), { recursive: true });
  cpSync(realpathSync(file), target);
};

const copyProgram = (root: string, program: string): void => {
  for (const file of [program, ...librariesOf(program)]) copyFile(root, file);
};

/** What the command line needs at run time. */
const copyDependencies = (from: string, to: string): void => {
  const lock = JSON.parse(readFileSync(join(from, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>;
  };
  for (const [path, { dev }] of Object.entries(lock.packages))
    if (path !== '' && dev !== true && existsSync(join(from, path)))
      cpSync(join(from, path), join(to, path), { recursive: true });
};

const compileGuest = (target: string): void => {
  mkdirSync(target, { recursive: true });
  for (const name of readdirSync(GUEST).filter((file) => file.endsWith('.ts'))) {
    const { outputText } = ts.transpileModule(readFileSync(join(GUEST, name), 'utf8'), {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
      fileName: name,
    });
    writeFileSync(join(target, name.replace(/\.ts$/, '.js')), outputText);
  }
};

const compilePrograms = (target: string): void => {
  mkdirSync(target, { recursive: true });
  for (const name of readdirSync(PROGRAMS).filter((file) => file.endsWith('.c')))
    execFileSync('gcc', [
      ...['-static', '-O1', '-Wall', '-Werror', '-o'],
      ...[join(target, basename(name, '.c')), join(PROGRAMS, name), '-lpthread'],
    ]);
};

/** Results go to the second serial line; the first is the kernel's. */
const INIT = `#!/bin/sh
export PATH=/usr/local/bin:/usr/bin:/bin HOME=/root
mount -t tmpfs run /run; mount -t tmpfs tmp /tmp; mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts; mount -t tmpfs shm /dev/shm
mount -t cgroup2 cgroup2 /sys/fs/cgroup; mount -t bpf bpf /sys/fs/bpf
mount -t securityfs securityfs /sys/kernel/security
stty -F /dev/ttyS1 raw -echo
cd /tmp
${process.execPath} /pinfold/dist/test/vm/guest/main.js $(sed -n 's/.*pinfold\\.suite=\\([^ ]*\\).*/\\1/p' /proc/cmdline) </dev/null
echo "{\\"status\\":$?}" >/dev/ttyS1
sync
echo o >/proc/sysrq-trigger
sleep 100
`;

/** Fills a folder; `makeDisk` turns it into an image. */
const fillRoot = (root: string): void => {
  const checkout = installationRoot();
  const pinfold = join(root, 'pinfold');
  for (const place of ['proc', 'sys', 'dev', 'run', 'tmp', 'root', 'etc', 'usr/bin', 'bin'])
    mkdirSync(join(root, place), { recursive: true });
  cpSync('/bin/busybox', join(root, 'bin/busybox'));
  for (const applet of execFileSync('/bin/busybox', ['--list'], { encoding: 'utf8' }).split('\n'))
    if (applet !== '' && applet !== 'busybox') symlinkSync('busybox', join(root, 'bin', applet));
  for (const program of [process.execPath, ...HOST_PROGRAMS]) {
    rmSync(join(root, program), { force: true }); // of busybox
    copyProgram(root, program);
  }
  for (const place of ['dist', 'bin', 'package.json', LAUNCHER, ADDON])
    cpSync(join(checkout, place), join(pinfold, place), { recursive: true });
  for (const library of librariesOf(join(checkout, ADDON))) copyFile(root, library);
  copyDependencies(checkout, pinfold);
  compileGuest(join(pinfold, 'dist/test/vm/guest'));
  compilePrograms(join(root, 'programs'));
  writeFileSync(join(root, 'vm-init'), INIT);
  chmodSync(join(root, 'vm-init'), 0o755);
};

/** An ext4 image of a megabytes' size with this checkout on it. */
export const makeDisk = (folder: string): string => {
  const root = join(folder, 'root');
  const disk = join(folder, 'disk.img');
  fillRoot(root);
  execFileSync('mke2fs', ['-q', '-F', '-t', 'ext4', '-d', root, disk, '700M']);
  return disk;
};
