/** What outlives the agent, and what happens while rules and engines are replaced. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { isMainThread, Worker } from 'node:worker_threads';
import { u32 } from '../../../src/bpf/bytes.js';
import { PinnedCgroups, PinnedMap, mapPin } from '../../../src/bpf/pinned-map.js';
import { IDENTITY } from '../../../src/bpf/programs.js';
import { TracingSession } from '../../../src/bpf/session.js';
import { PinfoldError } from '../../../src/errors.js';
import type { Case } from './cases.js';
import { note } from './cases.js';
import {
  ACT,
  ALLOWED,
  compiled,
  Container,
  EACCES,
  file,
  freshPolicy,
  HELD_RULES,
  REFUSED,
  refusals,
} from './world.js';

const PINS = '/sys/fs/bpf/pinfold';
const REPLACEMENTS = 2;
const STOP = '/run/stop';

/** Until a process has written its first byte. */
const ready = async (child: ChildProcessWithoutNullStreams): Promise<void> => {
  await once(child.stdout, 'data');
};

const exitOf = async (child: ChildProcessWithoutNullStreams): Promise<number> => {
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? -1;
};

const outputOf = async (child: ChildProcessWithoutNullStreams): Promise<string> => {
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  await once(child, 'close');
  return text;
};

/** An agent in a process of its own: opens the pinned session, puts the rules in force, says so and waits. */
const agent = async (): Promise<ChildProcessWithoutNullStreams> => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'agent.js'), PINS]);
  child.stderr.pipe(process.stderr);
  await ready(child);
  return child;
};

const kill = async (child: ChildProcessWithoutNullStreams): Promise<void> => {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
};

const enter = (directory: string, ...what: readonly string[]): number =>
  spawnSync(ACT, ['enter', directory, ACT, ...what]).status ?? -1;

const linkIds = (): readonly string[] => readdirSync(join(PINS, 'links')).sort();

/** Opens both files without pause until told to stop; resolves to [rounds, wrong denials, wrong grants]. */
const loop = (start: (...command: string[]) => ChildProcessWithoutNullStreams) => {
  rmSync(STOP, { force: true });
  const child = start(ACT, 'alternate', ALLOWED, REFUSED, '0');
  const output = outputOf(child);
  return async (): Promise<readonly number[]> => {
    writeFileSync(STOP, '');
    return (await output).trim().split(' ').map(Number);
  };
};

const afterKill = async (): Promise<void> => {
  for (const path of [ALLOWED, REFUSED]) file(path);
  const first = await agent();
  const directory = '/sys/fs/cgroup/held';
  const early = spawn(ACT, ['enter', directory, ACT, 'when-told', ACT, 'open', 'read', REFUSED]);
  await ready(early);
  await kill(first);

  // Nobody is there, and nothing changes.
  for (let round = 0; round < 20; round += 1)
    assert.equal(enter(directory, 'open', 'read', REFUSED), EACCES);
  assert.equal(enter(directory, 'open', 'read', ALLOWED), 0);
  assert.equal(enter(directory, 'execute', '/bin/busybox', 'true'), EACCES);

  const links = linkIds();
  const session = TracingSession.open({ pins: PINS });
  try {
    assert.ok(session.takenOver && session.lsm);
    assert.deepEqual(linkIds(), links);
    const [held, ...others] = session.slots();
    assert.equal(others.length, 0);
    assert.deepEqual([held?.policy, held?.generation], [1, 5]);
    // What happened meanwhile waited in the ring, repeats in their counts.
    const seen = refusals(session).map(({ path, header }) => [path.walked, header.generation]);
    assert.deepEqual(seen, [
      [REFUSED, 5],
      ['/bin/busybox', 5],
    ]);
    assert.equal(
      session.seen().find(({ slot, count }) => slot === held?.slot && count > 1)?.count,
      20,
    );
    // A member stays one, also when it moves out.
    early.stdin.write('g');
    assert.equal(await exitOf(early), EACCES);
    // The allocator goes on behind what is in use.
    assert.notEqual(session.allocateSlot(), held?.slot);
  } finally {
    session.close();
  }
};

const otherVersion = async (): Promise<void> => {
  const directory = '/sys/fs/cgroup/held';
  const finish = loop((...command) => spawn(ACT, ['enter', directory, ...command]));
  // Another setting is another build: its programs replace the pinned ones while the loop runs.
  for (let round = 1; round <= REPLACEMENTS; round += 1) {
    const session = TracingSession.open({ pins: PINS, hostMountNamespace: round });
    assert.ok(session.takenOver);
    session.close();
  }
  const [rounds = 0, wrongDenials, wrongGrants] = await finish();
  note(`${String(rounds)} pairs of opens during ${String(REPLACEMENTS)} replacements`);
  assert.ok(rounds > 50);
  assert.deepEqual([wrongDenials, wrongGrants], [0, 0]);
  assert.deepEqual(
    readdirSync(join(PINS, 'links')).filter((name) => name.endsWith('_next')),
    [],
  );
};

const incompatible = (): void => {
  const engine = new PinnedMap(mapPin(PINS, 'pf_engine'));
  const state = engine.lookup(u32(0));
  assert.ok(state);
  const other = Buffer.from(state);
  other.writeUInt32LE(99, 0);
  engine.update(u32(0), other);
  assert.throws(
    () => TracingSession.open({ pins: PINS }),
    (error) => error instanceof PinfoldError && error.code === 'EngineVersionPinned',
  );
  engine.update(u32(0), state);
  engine.close();
  // And nothing was unenforced by the attempt.
  assert.equal(enter('/sys/fs/cgroup/held', 'open', 'read', REFUSED), EACCES);
};

/** A worker puts a cgroup into a slot while the main thread does nothing. */
const fromWorker = async (): Promise<void> => {
  const session = TracingSession.open({ pins: PINS });
  try {
    const policy = 2;
    session.setPolicy(policy, { enforce: compiled(HELD_RULES) }, 1);
    const here = new Container(session, policy);
    const cgroups = new PinnedCgroups(PINS);
    cgroups.unbind(here.id);
    assert.equal(here.act('open', 'read', REFUSED), 0);
    const worker = new Worker(join(import.meta.dirname, 'bind-worker.js'), {
      workerData: { pins: PINS, cgroup: here.id, slot: here.slot },
    });
    await once(worker, 'exit');
    assert.equal(cgroups.slotOf(here.id), here.slot);
    assert.equal(here.act('open', 'read', REFUSED), EACCES);
    cgroups.close();
    session.releaseSlot(here.slot);
    session.deletePolicy(policy);
  } finally {
    session.close();
  }
};

/** The kernel may skip any run of a tracing program: here it skips all. */
const withoutTracing = (): void => {
  const directory = '/sys/fs/cgroup/held';
  for (const program of IDENTITY) unlinkSync(join(PINS, 'links', program));
  assert.equal(enter(directory, 'open', 'read', REFUSED), EACCES);
  assert.equal(enter(directory, 'by-child', 'read', REFUSED), EACCES);
  assert.equal(enter(directory, 'by-child', 'read', ALLOWED), 0);
  assert.equal(enter(directory, 'execute', '/bin/busybox', 'true'), EACCES);
};

const ended = (): void => {
  const programs = TracingSession.detachAll(PINS);
  assert.ok(programs.includes('pf_file_open'));
  assert.equal(existsSync(PINS), false);
  assert.equal(enter('/sys/fs/cgroup/held', 'open', 'read', REFUSED), 0);
};

export const lifetimeCases: readonly Case[] = [
  {
    name: 'the agent is killed: refusals go on; the next takes over members, slots and events',
    run: afterKill,
  },
  {
    name: 'another version replaces the pinned programs, and no open gets through or is lost',
    run: otherVersion,
  },
  { name: 'pins of another layout are refused by name, and stay in force', run: incompatible },
  { name: 'a worker thread binds a cgroup through the pinned map', run: fromWorker },
  {
    name: 'whoever arrives or is born is judged, also where no tracing program ran',
    run: withoutTracing,
  },
  { name: 'detaching ends it, and leaves no pin', run: ended },
];

export const swapCases = (session: TracingSession): readonly Case[] => [
  {
    name: 'the rules are replaced under load, and no verdict is wrong',
    run: async () => {
      assert.ok(isMainThread);
      for (const path of [ALLOWED, REFUSED]) file(path);
      const policy = freshPolicy();
      const automata = [0, 40].map((more) =>
        compiled({
          ...HELD_RULES,
          files: {
            allow: [
              ...(HELD_RULES.files?.allow ?? []),
              ...Array.from({ length: more }, (_, index) => ({
                path: `/other/${String(index)}/**`,
                access: ['Read' as const],
              })),
            ],
          },
        }),
      );
      session.setPolicy(policy, { enforce: compiled(HELD_RULES) }, 0);
      const here = new Container(session, policy);
      const finish = loop((...command) => here.start(...command));
      const swaps = 1000;
      for (let generation = 1; generation <= swaps; generation += 1) {
        const automaton = automata[generation % 2];
        assert.ok(automaton);
        session.setPolicy(policy, { enforce: automaton }, generation);
        if (generation % 50 === 0) {
          await setImmediate();
          here.refusals();
        }
      }
      const [rounds = 0, wrongDenials, wrongGrants] = await finish();
      note(`${String(rounds)} pairs of opens during ${String(swaps)} swaps`);
      assert.ok(rounds > 100);
      assert.deepEqual([wrongDenials, wrongGrants], [0, 0]);
    },
  },
];
