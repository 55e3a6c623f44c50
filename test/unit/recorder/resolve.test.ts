import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { resolvePath, type Found } from '../../../src/recorder/resolve.js';
import { rootedLookup } from '../../../src/recorder/rooted-lookup.js';

let root = '';

before(() => {
  root = mkdtempSync(join(tmpdir(), 'pinfold-resolve-'));
  for (const directory of ['usr/bin', 'etc', 'srv/deep/er', 'proc/12/fd', 'proc/7'])
    mkdirSync(join(root, directory), { recursive: true });
  for (const file of ['usr/bin/dash', 'etc/passwd', 'srv/deep/file'])
    writeFileSync(join(root, file), '');
  const links: readonly (readonly [string, string])[] = [
    ['/usr/bin', 'bin'],
    ['dash', 'usr/bin/sh'],
    ['../srv/deep', 'etc/up'],
    ['/srv/deep/er', 'srv/jump'],
    ['loop-b', 'loop-a'],
    ['loop-a', 'loop-b'],
    ['/gone', 'dangling'],
    ['../../../../../etc/passwd', 'srv/escape'],
    ['pipe:[99]', 'proc/12/fd/1'],
    ['/srv/deep/file', 'proc/12/fd/3'],
    ['/srv/old (deleted)', 'proc/12/fd/4'],
  ];
  for (const [target, link] of links) symlinkSync(target, join(root, link));
  mkdirSync(join(root, 'jail/proc/7'), { recursive: true });
  mkdirSync(join(root, 'jail/proc/12/fd'), { recursive: true });
  symlinkSync('/srv/deep/file', join(root, 'jail/proc/12/fd/3'));
  writeFileSync(Buffer.concat([Buffer.from(`${root}/srv/`), Buffer.of(0xff)]), '');
  symlinkSync(Buffer.of(0xff), join(root, 'srv/odd'));
});
after(() => {
  rmSync(root, { recursive: true });
});

const resolved = (
  argument: string,
  {
    base = '/',
    followLast = true,
    ...more
  }: { base?: string; followLast?: boolean; pid?: number; root?: string } = {},
): string => {
  const request = { base, argument, followLast, ...more };
  const { path, doubt } = resolvePath(request, rootedLookup(root));
  return doubt === undefined ? path : `${path} (${doubt})`;
};

const cases: readonly (readonly [
  string,
  string,
  { base?: string; followLast?: boolean; pid?: number; root?: string }?,
])[] = [
  ['/etc/passwd', '/etc/passwd'],
  ['passwd', '/etc/passwd', { base: '/etc' }],
  ['', '/etc', { base: '/etc' }],
  ['.', '/etc', { base: '/etc' }],
  ['./../etc//passwd', '/etc/passwd', { base: '/etc' }],
  ['../../../etc/passwd', '/etc/passwd', { base: '/srv' }],
  ['/', '/'],
  // Links: absolute ones start at the workload's root, not at ours; none leads out of it.
  ['/bin/sh', '/usr/bin/dash'],
  ['/bin/sh', '/usr/bin/sh', { followLast: false }],
  ['/bin', '/bin', { followLast: false }],
  ['/bin/', '/usr/bin', { followLast: false }],
  ['/srv/escape', '/etc/passwd'],
  // `..` after a link is the parent of where it leads.
  ['/srv/jump/..', '/srv/deep'],
  ['/etc/up/../deep/file', '/srv/deep/file'],
  ['/srv/odd', '/srv/\udcff'],
  // After a chroot absolute names and links start at the new root, and `..` stops there.
  ['/er', '/srv/deep/er', { root: '/srv/deep' }],
  ['/../../er/..', '/srv/deep', { root: '/srv/deep' }],
  ['../../new', '/srv/new', { base: '/srv/deep', root: '/srv' }],
  ['/none/../../x', '/srv/x (Raced)', { root: '/srv' }],
  ['/jump/new', '/srv/srv/deep/er/new', { root: '/srv' }],
  ['/escape', '/srv/etc/passwd', { root: '/srv' }],
  ['../etc/passwd', '/etc/passwd', { base: '/usr', root: '/srv' }],
  ['../../etc/passwd', '/etc/passwd', { base: '/usr', root: '/srv' }],
  // A /proc below it: our own links are found as any, its magic ones are a hint only.
  ['/proc/self', '/jail/proc/7', { root: '/jail', pid: 7 }],
  ['/proc/12/fd/3', '/jail/srv/deep/file (Raced)', { root: '/jail' }],
  // What is not there any more.
  ['/srv/new', '/srv/new'],
  ['/dangling', '/gone'],
  ['/dangling', '/dangling', { followLast: false }],
  ['/srv/none/below/x', '/srv/none/below/x'],
  ['/srv/none/../x', '/srv/x (Raced)'],
  ['/etc/passwd/x', '/etc/passwd/x (Raced)'],
  ['/loop-a', '/loop-b (Unreadable)'],
  // Processes.
  ['/proc/self', '/proc/7', { pid: 7 }],
  ['/proc/self/fd/3', '/srv/deep/file (Raced)', { pid: 12 }],
  ['/proc/12/fd/1', '/proc/12/fd/1 (Unreadable)'],
  ['/proc/12/fd/4', '/proc/12/fd/4 (Unreadable)'],
  ['/proc/self', '/proc/self (Unreadable)'],
  ['/etc/passwd\0junk', '/etc/passwd'],
];
for (const [argument, expected, options] of cases)
  test(`${JSON.stringify(argument)} ${JSON.stringify(options ?? {})} is ${JSON.stringify(expected)}`, () => {
    const got = resolved(argument, options);
    // Which of two links of a loop is given up at is of no interest.
    assert.equal(got.replace('loop-a', 'loop-b'), expected);
  });

test('below our own root a magic link is believed', () => {
  const lookup = rootedLookup('/');
  const found = lookup(`/proc/${process.pid}/exe`);
  assert.ok(found.kind === 'Link' && found.guess === false);
});

test('a process that ended leaves the argument as it was', () => {
  const request = { base: '/srv', argument: 'a/b', followLast: true };
  assert.deepEqual(resolvePath(request, rootedLookup(join(root, 'no-such'))), {
    path: '/srv/a/b',
  });
});

test('what may not be looked at is doubtful', () => {
  const lookup = (path: string): Found => ({ kind: path === '/a' ? 'Directory' : 'Unreadable' });
  const request = { base: '/', argument: '/a/b/../c', followLast: true };
  assert.deepEqual(resolvePath(request, lookup), { path: '/a/c', doubt: 'Unreadable' });
});
