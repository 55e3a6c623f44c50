import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generalise } from '../../../src/recorder/generalise.js';
import {
  createBehaviour,
  itemCount,
  lost,
  sawCapability,
  sawExec,
  sawFile,
  sawNote,
  sawSocket,
  sawSyscall,
} from '../../../src/recorder/saw.js';
import { allows } from './support.js';

test('repeated sightings add up and keep the first and the last time', () => {
  const behaviour = createBehaviour();
  sawFile(behaviour, { path: '/a', access: ['Read'], at: 20 });
  sawFile(behaviour, { path: '/a', access: ['Write'], at: 10, until: 40, count: 5 });
  const { access, ...seen } = behaviour.files.get('/a') ?? {};
  assert.deepEqual([...(access ?? [])], ['Read', 'Write']);
  assert.deepEqual(seen, { path: '/a', count: 6, firstSeen: 10, lastSeen: 40 });
});

test('names are counted per ABI, capabilities without CAP_', () => {
  const behaviour = createBehaviour();
  sawCapability(behaviour, { capability: 'CAP_CHOWN', at: 1 });
  sawCapability(behaviour, { capability: 'CHOWN', at: 2 });
  sawSyscall(behaviour, { architecture: 'x86_64', name: 'read', at: 1 });
  sawSyscall(behaviour, { architecture: 'x86', name: 'read', at: 1, count: 3 });
  assert.equal(behaviour.capabilities.get('CHOWN')?.count, 2);
  const { architectures, syscalls } = generalise(behaviour);
  assert.deepEqual(architectures, ['x86', 'x86_64']);
  assert.deepEqual(
    syscalls.map(({ name, count }) => [name, count]),
    [
      ['read', 4],
      ['restart_syscall', 0],
    ],
  );
  assert.equal(itemCount(behaviour), 3);
});

test('files without a name are one item for each directory, condensed or not', () => {
  const behaviour = createBehaviour({ limits: { files: 10 } });
  const open = (path: string) => {
    sawFile(behaviour, { path, access: ['Read', 'Write'], at: 0, unnamed: true });
  };
  for (let inode = 0; inode < 100; inode += 1) open(`/srv/a/#${String(inode)}`);
  open('/srv/b/#7');
  open('/#8');
  assert.equal(behaviour.files.size, 3);
  const learned = () =>
    generalise(behaviour).files.map(({ path, count }) => [path, count] as const);
  const expected = [
    ['/#*', 1],
    ['/srv/a/#*', 100],
    ['/srv/b/#*', 1],
  ];
  assert.deepEqual(learned(), expected);
  // A real file of such a name is another one.
  sawFile(behaviour, { path: '/srv/c/#7', access: ['Read'], at: 0 });
  assert.deepEqual(learned(), [...expected, ['/srv/c/#7', 1]]);
});

test('what no rule can hold is noted, and a best guess is marked', () => {
  const behaviour = createBehaviour();
  const access = ['Read'] as const;
  sawFile(behaviour, { path: '/cut/off', access, at: 0, doubt: 'Truncated' });
  sawFile(behaviour, { path: '/else/where', access, at: 0, doubt: 'ForeignRoot' });
  sawFile(behaviour, { path: 'memfd:x', access, at: 0, fileless: true });
  sawFile(behaviour, { path: 'relative', access, at: 0 });
  sawFile(behaviour, { path: '/a/../b', access, at: 0 });
  sawFile(behaviour, { path: '/moved', access, at: 0, doubt: 'Raced' });
  sawFile(behaviour, { path: '/stat', access: [], at: 0 });
  assert.deepEqual([...behaviour.files.keys()], ['/moved']);
  assert.equal(behaviour.files.get('/moved')?.raced, true);
  const codes = [...behaviour.notes.values()].map(({ code }) => code).sort();
  assert.deepEqual(codes, [
    'FilelessFile',
    'ForeignRoot',
    'PathRaced',
    'PathUnreadable',
    'PathUnreadable',
    'PathUnreadable',
  ]);
});

test('100,000 temporary files are one rule and little memory, and the rest is still recorded', () => {
  const behaviour = createBehaviour();
  sawFile(behaviour, { path: '/etc/app.conf', access: ['Read'], at: 0 });
  for (let n = 0; n < 100_000; n++) {
    const random = (n * 2_654_435_761).toString(36).padStart(6, 'q').slice(-6);
    sawFile(behaviour, { path: `/tmp/job-x${n}${random}`, access: ['Write', 'Create'], at: n });
  }
  sawFile(behaviour, { path: '/etc/late.conf', access: ['Read'], at: 100_000 });
  assert.ok(behaviour.files.size <= 20_000);
  assert.equal(behaviour.lost.files, undefined);
  assert.ok([...behaviour.notes.values()].some(({ code }) => code === 'Generalised'));
  const { files } = generalise(behaviour);
  assert.ok(files.length < 10, files.map(({ path }) => path).join());
  assert.ok(allows(files, '/etc/app.conf', ['Read']) && allows(files, '/etc/late.conf', ['Read']));
  assert.ok(!allows(files, '/etc/other', ['Read']));
  const total = files.reduce((sum, { count }) => sum + count, 0);
  assert.equal(total, 100_002);
});

test('100,000 directories of one file each are bounded too', () => {
  const behaviour = createBehaviour({ limits: { files: 1000 } });
  for (let n = 0; n < 100_000; n++)
    sawFile(behaviour, { path: `/srv/up/d${n}x/f`, access: ['Create'], at: n });
  assert.ok(behaviour.files.size <= 1000);
  assert.ok(allows(generalise(behaviour).files, '/srv/up/d77x/f', ['Create']));
});

test('what cannot be widened is counted as lost, not dropped', () => {
  const behaviour = createBehaviour({ limits: { files: 100, execs: 2, sockets: 1, notes: 3 } });
  for (let n = 0; n < 300; n++)
    sawFile(behaviour, { path: `/opt/lib${n}.so.1`, access: ['MapExecutable'], at: n });
  assert.equal(behaviour.files.size + Number(behaviour.lost.files), 300);
  for (const path of ['/a', '/b', '/c', '/a']) sawExec(behaviour, { path, at: 0 });
  assert.equal(behaviour.lost.exec, 1n);
  const socket = { direction: 'Egress', protocol: 'TCP', address: '10.0.0.1', at: 0 } as const;
  for (const port of [1, 2, 1]) sawSocket(behaviour, { ...socket, port });
  assert.equal(behaviour.lost.egress, 1n);
  for (let n = 0; n < 50; n++) sawNote(behaviour, 'AbstractUnixSocket', `@${n}`);
  assert.ok(behaviour.notes.size < 10);
  lost(behaviour, 'exec', 4n);
  assert.equal(behaviour.lost.exec, 5n);
});

test('a file that is really called x* does not disturb the pattern x*', () => {
  const behaviour = createBehaviour({ limits: { files: 10 } });
  for (let n = 0; n < 20; n++) sawFile(behaviour, { path: `/srv/x${n}`, access: ['Read'], at: n });
  sawFile(behaviour, { path: '/srv/x*', access: ['Attributes'], at: 21 });
  const { files } = generalise(behaviour);
  assert.ok(allows(files, '/srv/x7', ['Read']) && allows(files, '/srv/x*', ['Attributes']));
});
