/** Who belongs to a recording: by cgroup, by ancestry, and nobody else. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import type { KernelEvent } from '../../src/bpf/events.js';
import { TracingSession } from '../../src/bpf/session.js';
import type { SlotConfiguration } from '../../src/bpf/session.js';
import {
  cgroupId,
  cgroupOfProcess,
  cgroupRoot,
  endCgroup,
  makeCgroup,
} from '../../src/node-enforcer/cgroups.js';
import { record } from '../../src/node-enforcer/record.js';
import type { Recorded, RecordTarget } from '../../src/node-enforcer/record.js';
import { sourceOf, Workshop } from './support/cases.js';
import { finish, PINFOLD } from './support/cli.js';
import { skip } from './support/needs.js';
import { execsOf, filesOf, recordCommand, syscallsOf } from './support/recorded.js';
import { startWaiting } from './support/waiting.js';

const READY = 'char byte; MUST(write(1, "r", 1) == 1); MUST(read(0, &byte, 1) == 1);';
/** The cgroup that it is in, below the mount point given as the first argument. */
const OWN_CGROUP = String.raw`char text[4096] = {}, own[8192], path[9000]; FILE *lines = fopen("/proc/self/cgroup", "r");
  MUST(lines); while (fgets(text, sizeof(text), lines)) if (!strncmp(text, "0::", 3)) break;
  text[strcspn(text, "\n")] = 0; snprintf(own, sizeof(own), "%s%s", extra[0], text + 3); fclose(lines);`;
const ENTER = (suffix: string): string =>
  `snprintf(path, sizeof(path), "%s${suffix}/cgroup.procs", own); { int procs = opened(open(path, O_WRONLY)); MUST(write(procs, "0", 1) == 1); close(procs); }`;

const CASES = {
  make: 'opened(creat(extra[0], 0600));',
  'make when told': `${READY} opened(creat(extra[0], 0600));`,
  'make when told, and the child too': `int go[2]; MUST(!pipe(go)); pid_t pid = fork();
    if (!pid) { char byte; close(go[1]); read(go[0], &byte, 1); opened(creat(extra[1], 0600)); _exit(0); }
    close(go[0]); ${READY} opened(creat(extra[0], 0600)); close(go[1]); ended(pid, 0);`,
  'from a thread when told': `void *run(void *unused) { ${READY} opened(creat(extra[0], 0600)); return 0; }
    pthread_t thread; MUST(!pthread_create(&thread, 0, run, 0)); MUST(!pthread_join(thread, 0));`,
  nested: `${OWN_CGROUP} struct stat s; pid_t pid;
    snprintf(path, sizeof(path), "%s/child", own); MUST(!mkdir(path, 0755));
    snprintf(path, sizeof(path), "%s/child/deeper", own); MUST(!mkdir(path, 0755));
    pid = fork(); if (!pid) { ${ENTER('/child')} opened(creat("in child", 0600)); _exit(0); } ended(pid, 0);
    pid = fork(); if (!pid) { ${ENTER('/child/deeper')} opened(creat("in deeper", 0600)); _exit(0); } ended(pid, 0);
    int into; snprintf(path, sizeof(path), "%s/child/deeper", own);
    into = opened(open(path, O_RDONLY | O_DIRECTORY));
    struct clone_args how = {.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = into};
    pid = syscall(SYS_clone3, &how, sizeof(how)); if (!pid) { opened(creat("cloned into", 0600)); _exit(0); } ended(pid, 0);
    pid = fork(); if (!pid) { snprintf(own, sizeof(own), "%s", extra[0]); ${ENTER('')} opened(creat("outside", 0600)); if (!fork()) { opened(creat("born outside", 0600)); _exit(0); } wait(0); _exit(0); } ended(pid, 0);`,
} as const;

const OBSERVED: SlotConfiguration = {
  observe: true,
  syscalls: true,
  denials: false,
  enforce: false,
  generation: 1,
  capabilitiesLost: 0n,
};

const openSession = (t: TestContext): TracingSession => {
  const session = TracingSession.open();
  t.after(() => {
    session.close();
  });
  return session;
};

/** Records until the first progress said that it is attached and `meanwhile` has run. */
const recordWhile = async (
  target: RecordTarget,
  meanwhile: () => Promise<void>,
): Promise<Recorded> => {
  const stop = new AbortController();
  let attached: () => void = () => undefined;
  const isAttached = new Promise<void>((resolve) => (attached = resolve));
  const recorded = record(target, {
    signal: stop.signal,
    onProgress: () => {
      attached();
    },
  });
  try {
    await Promise.race([isAttached, recorded]);
    await meanwhile();
  } finally {
    stop.abort();
  }
  return recorded;
};

void describe('identity', { skip }, () => {
  let workshop: Workshop;
  let program: string;
  before(() => {
    workshop = new Workshop();
    program = workshop.compile('member', sourceOf(CASES));
  });
  after(() => {
    workshop.remove();
  });

  const waiting = async (t: TestContext, room: string, ...args: readonly string[]) => {
    const child = await startWaiting(program, [room, ...args]);
    t.after(() => {
      child.kill();
    });
    return child;
  };
  const cgroup = (t: TestContext): string => {
    const directory = makeCgroup();
    t.after(() => endCgroup(directory));
    return directory;
  };
  const moveInto = (directory: string, pid: number): void => {
    writeFileSync(join(directory, 'cgroup.procs'), String(pid));
  };
  const within = (recorded: Recorded, room: string): readonly string[] =>
    Object.keys(filesOf(recorded.behaviour, room)).filter((path) => !path.startsWith('/'));

  void test('child cgroups, nested ones, CLONE_INTO_CGROUP; who moves out stays a member', async () => {
    const room = workshop.room();
    const recorded = await recordCommand(program, [room, 'nested', cgroupRoot()]);
    assert.deepEqual(recorded.exit, { code: 0, signal: null });
    assert.deepEqual(within(recorded, room), [
      'born outside',
      'cloned into',
      'in child',
      'in deeper',
      'outside',
    ]);
  });

  void test('a task that arrives, also in a cgroup made later, is a member from its next exec on', async (t) => {
    const room = workshop.room();
    const directory = cgroup(t);
    const session = openSession(t);
    const slot = session.allocateSlot();
    session.configureSlot(slot, cgroupId(directory), OBSERVED);
    session.bindCgroup(slot, cgroupId(directory));
    const shell = await startWaiting('/bin/sh', [
      '-c',
      `cd '${room}'; echo ready; read line; : > before; exec '${program}' '${room}' make after`,
    ]);
    t.after(() => {
      shell.kill();
    });
    const nested = join(directory, 'below', 'deeper');
    mkdirSync(nested, { recursive: true });
    moveInto(nested, shell.pid);
    assert.equal(await shell.proceed(), 0);
    const events: KernelEvent[] = [];
    session.drain((event) => events.push(event));
    const files = events.flatMap((event) => (event.kind === 'File' ? [event.path.walked] : []));
    assert.deepEqual(files, [join(room, 'after')]);
    const execs = events.flatMap((event) =>
      event.kind === 'Exec' ? [[event.program.walked, event.first, event.header.pid]] : [],
    );
    assert.deepEqual(execs, [[program, true, shell.pid]]);
    assert.equal(readFileSync(join(room, 'before'), 'utf8'), '');
  });

  void test('a child born between binding and adoption is a member at once', async (t) => {
    const room = workshop.room();
    const directory = cgroup(t);
    const shell = await startWaiting('/bin/sh', [
      '-c',
      `cd '${room}'; echo ready; read line; : > parent; (: > child)`,
    ]);
    t.after(() => {
      shell.kill();
    });
    moveInto(directory, shell.pid);
    const session = openSession(t);
    const slot = session.allocateSlot();
    session.configureSlot(slot, cgroupId(directory), OBSERVED);
    session.bindCgroup(slot, cgroupId(directory));
    assert.equal(await shell.proceed(), 0);
    const files: string[] = [];
    session.drain((event) => {
      if (event.kind === 'File') files.push(event.path.walked);
    });
    assert.deepEqual(files, [join(room, 'child')]);
  });

  void test('--cgroup takes what runs there and below, and no sibling', async (t) => {
    const room = workshop.room();
    const directory = cgroup(t);
    const other = cgroup(t);
    const inside = await waiting(t, room, 'make when told, and the child too', 'in', 'child');
    const thread = await waiting(t, room, 'from a thread when told', 'thread');
    const outside = await waiting(t, room, 'make when told', 'out');
    for (const pid of [inside.pid, thread.pid, ...childrenOf(inside.pid)]) moveInto(directory, pid);
    moveInto(other, outside.pid);
    const recorded = await recordWhile({ kind: 'Cgroup', directory }, async () => {
      for (const each of [inside, thread, outside]) assert.equal(await each.proceed(), 0);
    });
    assert.deepEqual(within(recorded, room), ['child', 'in', 'thread']);
    assert.equal(recorded.behaviour.startSeen, false);
    assert.ok(recorded.behaviour.notes.has('StartNotSeen recorded from the middle of its life'));
  });

  void test('--cgroup takes what comes later too, from its exec on', async (t) => {
    const room = workshop.room();
    const directory = cgroup(t);
    const recorded = await recordWhile({ kind: 'Cgroup', directory }, async () => {
      const shell = `echo 0 > '${directory}/cgroup.procs'; '${program}' '${room}' make later`;
      assert.equal((await finish(['/bin/sh', '-c', shell])).status, 0);
    });
    assert.deepEqual(within(recorded, room), ['later']);
    assert.deepEqual(execsOf(recorded.behaviour), [program]);
  });

  void test('--pid takes the process and its descendants, not its neighbours in the cgroup', async (t) => {
    const room = workshop.room();
    const followed = await waiting(t, room, 'make when told, and the child too', 'own', 'child');
    const neighbour = await waiting(t, room, 'make when told', 'neighbour');
    assert.equal(cgroupOfProcess(followed.pid), cgroupOfProcess(neighbour.pid));
    const recorded = await recordWhile({ kind: 'Process', pid: followed.pid }, async () => {
      assert.equal(await neighbour.proceed(), 0);
      assert.equal(await followed.proceed(), 0);
    });
    assert.deepEqual(within(recorded, room), ['child', 'own']);
    const { x86_64: native = [] } = syscallsOf(recorded.behaviour);
    assert.ok(!native.includes('execve'));
  });

  void test('two recordings at once do not mix', async () => {
    const rooms = [workshop.room(), workshop.room()];
    const both = await Promise.all(
      rooms.map((room) => recordCommand(program, [room, 'make', `of ${basename(room)}`])),
    );
    both.forEach((recorded, n) => {
      const room = rooms[n] ?? '';
      assert.deepEqual(filesOf(recorded.behaviour, room), {
        [`of ${basename(room)}`]: 'Create Write',
      });
      assert.deepEqual(recorded.behaviour.lost, {});
    });
  });

  void test('a recording inside a recording: the inner sees the program, the outer both', async () => {
    const room = workshop.room();
    const profile = join(room, 'inner.yaml');
    const [node, ...rest] = PINFOLD;
    const recorded = await recordCommand(node, [
      ...rest,
      'record',
      '-o',
      profile,
      '--',
      program,
      room,
      'make',
      'made',
    ]);
    assert.deepEqual(recorded.exit, { code: 0, signal: null });
    const execs = execsOf(recorded.behaviour);
    for (const path of [program, node]) assert.ok(execs.includes(path), path);
    assert.equal(filesOf(recorded.behaviour, room).made, 'Create Write');
    const inner = readFileSync(profile, 'utf8');
    assert.match(inner, /\/made, access: \[[^\]]*Create/);
    assert.ok(!inner.includes(node), 'nothing of the recorder itself');
  });
});

const childrenOf = (pid: number): readonly number[] =>
  readFileSync(`/proc/${String(pid)}/task/${String(pid)}/children`, 'latin1')
    .split(' ')
    .filter((text) => text !== '')
    .map(Number);
