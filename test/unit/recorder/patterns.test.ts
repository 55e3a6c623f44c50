import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Access } from '../../../src/policy/operation.js';
import { generalise } from '../../../src/recorder/generalise.js';
import { createBehaviour, sawExec, sawFile } from '../../../src/recorder/saw.js';
import { allows } from './support.js';

const MADE: readonly Access[] = ['Write', 'Create'];
const READ: readonly Access[] = ['Read'];
const CODE: readonly Access[] = ['Read', 'MapExecutable'];

const learn = (files: readonly (readonly [string, readonly Access[]])[], pids: number[] = []) => {
  const behaviour = createBehaviour();
  for (const pid of pids) sawExec(behaviour, { path: '/bin/true', pid, at: 0 });
  for (const [path, access] of files) sawFile(behaviour, { path, access, at: 0 });
  return generalise(behaviour).files;
};
const patternsOf = (...files: (readonly [string, readonly Access[]])[]): readonly string[] =>
  learn(files).map(({ path }) => path);

const GENERALISED: readonly (readonly [string, readonly Access[], string])[] = [
  ['/proc/1234/status', READ, '/proc/*/status'],
  ['/proc/1234/task/1235/stat', READ, '/proc/*/task/*/stat'],
  ['/proc/1234/fd/17', READ, '/proc/*/fd/*'],
  ['/proc/1234/map_files/55d0c0a00000-55d0c0a21000', READ, '/proc/*/map_files/*'],
  ['/dev/pts/3', READ, '/dev/pts/*'],
  [
    '/sys/devices/system/cpu/cpu0/topology/core_id',
    READ,
    '/sys/devices/system/cpu/cpu*/topology/core_id',
  ],
  [
    '/sys/fs/cgroup/system.slice/docker-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope/cpu.max',
    READ,
    '/sys/fs/cgroup/system.slice/docker-*/cpu.max',
  ],
  [
    '/sys/fs/cgroup/user.slice/user-1000.slice/session-12.scope/cpu.max',
    READ,
    '/sys/fs/cgroup/user.slice/user-1000.slice/session-*/cpu.max',
  ],
  ['/tmp/foo.aB3xYz.tmp', MADE, '/tmp/foo.*'],
  ['/tmp/sortAb12Xz', MADE, '/tmp/sort*'],
  ['/tmp/ccq8Wz1A.s', MADE, '/tmp/cc*'],
  ['/tmp/6061y434', MADE, '/tmp/*'],
  ['/tmp/oj0v4_2k', MADE, '/tmp/*'],
  ['/tmp/tmpab_d3f9z', MADE, '/tmp/tmp*'],
  ['/tmp/tmp.abcdefghij/out', MADE, '/tmp/tmp.*/out'],
  ['/tmp/go-build1748392011/b001/exe', MADE, '/tmp/go-build*/b001/exe'],
  ['/dev/shm/sem.aB3xYz', MADE, '/dev/shm/sem.*'],
  ['/var/lib/app/123e4567-e89b-12d3-a456-426614174000.json', READ, '/var/lib/app/*'],
  [
    '/var/cache/fontconfig/3830d5c3ddfd5cd38a049b759396e72e-le64.cache-7',
    READ,
    '/var/cache/fontconfig/*',
  ],
  ['/var/lib/redis/temp-4321.rdb', MADE, '/var/lib/redis/temp-*'],
  ['/var/log/app-2024-05-17.log', MADE, '/var/log/app-*'],
  ['/var/log/app-20240517T101112.log', MADE, '/var/log/app-*'],
  ['/var/spool/job.1715941234567', MADE, '/var/spool/job.*'],
  ['/var/lib/nginx/body/0000000042', MADE, '/var/lib/nginx/body/*'],
  ['/srv/git/objects/ab/cdef0123456789abcdef0123456789abcdef01', READ, '/srv/git/objects/*/*'],
  ['/srv/a*b', READ, '/srv/a*'],
  ['/srv/\udcff', READ, '/srv/*'],
];
for (const [path, access, expected] of GENERALISED)
  test(`${JSON.stringify(path)} becomes ${expected}`, () => {
    assert.deepEqual(patternsOf([path, access]), [expected]);
  });

const EXACT: readonly (readonly [string, readonly Access[]])[] = [
  ['/usr/lib/x86_64-linux-gnu/libssl.so.3', CODE],
  ['/lib/x86_64-linux-gnu/libc-2.36.so', CODE],
  ['/usr/lib/python3.11/os.py', READ],
  ['/usr/bin/x86_64-linux-gnu-gcc-12', READ],
  ['/usr/lib/.build-id/ab/cdef0123456789abcdef0123456789abcdef01.debug', READ],
  ['/run/nginx.pid', MADE],
  ['/run/redis_6379.pid', MADE],
  ['/etc/machine-id', READ],
  ['/proc/sys/kernel/random/uuid', READ],
  ['/proc/meminfo', READ],
  ['/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages', READ],
  ['/dev/tty1', READ],
  ['/var/log/nginx/access.log', MADE],
  ['/tmp/config.json', MADE],
  ['/tmp/test_001', MADE],
  ['/tmp/6061y434', READ],
  ['/tmp/hsperfdata_root', MADE],
  ['/srv/20240517/report.csv', READ],
  ['/', READ],
  ['/srv/two\nlines', READ],
];
for (const [path, access] of EXACT)
  test(`${JSON.stringify(path)} stays as it is`, () => {
    assert.deepEqual(patternsOf([path, access]), [path]);
  });

test('a process id is known as such where the processes are known', () => {
  const files = [['/run/app/sock.77', MADE] as const, ['/run/app/port.78', MADE] as const];
  const paths = learn(files, [77]).map(({ path }) => path);
  assert.deepEqual(paths, ['/run/app/port.78', '/run/app/sock.*']);
});

test("a process's directory does not open the rest of /proc", () => {
  const rules = learn([['/proc/4321', READ]]);
  assert.ok(allows(rules, '/proc/4321', READ) && allows(rules, '/proc/17', READ));
  assert.ok(!allows(rules, '/proc/kcore', READ) && !allows(rules, '/proc/sys', READ));
});

const worker = (number: number, access = MADE) => [`/var/log/w-${number}.log`, access] as const;

test('three siblings that differ in a number are a sequence, two are not', () => {
  assert.deepEqual(patternsOf(worker(1), worker(2), worker(3)), ['/var/log/w-*']);
  assert.deepEqual(patternsOf(worker(1), worker(2)), ['/var/log/w-1.log', '/var/log/w-2.log']);
});

test('siblings that are used differently are no sequence', () => {
  assert.equal(patternsOf(worker(1), worker(2), worker(3, READ)).length, 3);
});

test('numbered directories are a sequence when the same things are below them', () => {
  const shard = (number: number, name: string) => [`/data/shard${number}/${name}`, READ] as const;
  assert.deepEqual(patternsOf(shard(1, 'a'), shard(2, 'a'), shard(3, 'a')), ['/data/shard*/a']);
  assert.equal(patternsOf(shard(1, 'a'), shard(2, 'b'), shard(3, 'c')).length, 3);
});

test('code, library versions and packaged names are no sequences', () => {
  const of = (format: (n: number) => string, access: readonly Access[]) =>
    patternsOf(...[1, 2, 3, 4].map((n) => [format(n), access] as const)).length;
  assert.equal(
    of((n) => `/opt/p/plugin${n}`, CODE),
    4,
  );
  assert.equal(
    of((n) => `/opt/p/libx.so.${n}`, READ),
    4,
  );
  assert.equal(
    of((n) => `/usr/share/doc/page${n}`, READ),
    4,
  );
});

const letters = (n: number): string => String.fromCharCode(97 + (n % 26), 97 + Math.floor(n / 26));
const many = (count: number, path: (name: string) => string, access: readonly Access[]) =>
  Array.from({ length: count }, (_, n) => [path(letters(n)), access] as const);

test('64 children used alike open their directory, 63 do not', () => {
  const page = (name: string) => `/srv/www/${name}`;
  assert.deepEqual(patternsOf(...many(64, page, READ)), ['/srv/www/*']);
  assert.equal(patternsOf(...many(63, page, READ)).length, 63);
  assert.deepEqual(patternsOf(...many(64, (name) => `/srv/www/${name}/x`, READ)), ['/srv/www/**']);
});

test('a child of other use keeps its own rule', () => {
  const rules = learn([...many(64, (name) => `/srv/www/${name}`, READ), ['/srv/www/zz', MADE]]);
  assert.deepEqual(
    rules.map(({ path }) => path),
    ['/srv/www/*', '/srv/www/zz'],
  );
});

for (const directory of [
  '',
  '/etc',
  '/usr',
  '/usr/lib',
  '/bin',
  '/lib64',
  '/root',
  '/home',
  '/home/u/.ssh',
])
  test(`${directory}/ is never opened as a whole`, () => {
    const files = many(200, (name) => `${directory}/x${name}`, READ);
    assert.equal(patternsOf(...files).length, 200);
    const behaviour = createBehaviour();
    for (const [path, access] of files) sawFile(behaviour, { path, access, at: 0 });
    assert.equal(generalise(behaviour, { maxFiles: 10 }).files.length, 200);
  });

test('code is never opened as a whole, even beside data', () => {
  const code = many(80, (name) => `/opt/p/${name}.bin`, CODE);
  const data = many(80, (name) => `/opt/p/${name}.dat`, READ);
  const rules = learn([...code, ...data]);
  assert.equal(rules.length, 81);
  assert.ok(!allows(rules, '/opt/p/other.bin', CODE) && allows(rules, '/opt/p/other.bin', READ));
});

test('a rule says what it was made from', () => {
  const [rule] = learn([1, 2, 3, 4, 5].map((n) => worker(n)));
  assert.deepEqual(rule?.generalisations, ['Sequence']);
  assert.equal(rule.originals, 5);
  assert.equal(rule.count, 5);
  assert.deepEqual(rule.examples, ['/var/log/w-1.log', '/var/log/w-2.log', '/var/log/w-3.log']);
});

test('what a wider rule allows already has no rule of its own', () => {
  const behaviour = createBehaviour();
  for (const path of ['/tmp/foo.aB3xYz', '/tmp/foo.plain'])
    sawFile(behaviour, { path, access: ['Create'], at: 0 });
  const { files } = generalise(behaviour);
  assert.deepEqual(
    files.map(({ path, count }) => [path, count]),
    [['/tmp/foo.*', 2]],
  );
});

test('programs stay exact unless their place is made for one run', () => {
  const behaviour = createBehaviour();
  for (const path of [
    '/usr/bin/gcc-12',
    '/opt/w1',
    '/opt/w2',
    '/opt/w3',
    '/tmp/tmp.aB3xYz1234/a.out',
  ])
    sawExec(behaviour, { path, at: 0 });
  sawExec(behaviour, {
    path: '/srv/run.py',
    script: true,
    interpreter: '/usr/bin/python3.11',
    at: 0,
  });
  sawExec(behaviour, { path: '/opt/elf', interpreter: '/lib64/ld-linux-x86-64.so.2', at: 0 });
  sawExec(behaviour, { path: '/memfd:x', fileless: true, at: 0 });
  const { exec, files } = generalise(behaviour);
  assert.deepEqual(
    exec.map(({ path }) => path),
    [
      '/opt/elf',
      '/opt/w1',
      '/opt/w2',
      '/opt/w3',
      '/srv/run.py',
      '/tmp/tmp.*/a.out',
      '/usr/bin/gcc-12',
      '/usr/bin/python3.11',
    ],
  );
  assert.ok(allows(files, '/lib64/ld-linux-x86-64.so.2', ['MapExecutable']));
});
