/** Records one workload on this machine: a command, a cgroup, or a process with its descendants. */
import { existsSync } from 'node:fs';
import { TracingSession } from '../bpf/session.js';
import type { SlotConfiguration } from '../bpf/session.js';
import { createBehaviour, itemCount, sawNote } from '../recorder/saw.js';
import type { Behaviour } from '../recorder/behaviour.js';
import {
  cgroupId,
  cgroupOfProcess,
  cgroupTree,
  endCgroup,
  LEFT_BEHIND_MS,
  makeCgroup,
} from './cgroups.js';
import { PinfoldError } from '../errors.js';
import { EMPTY_PLAN, launch } from './launcher.js';
import type { Exit, Launched } from './launcher.js';
import { Recording } from './recording.js';
import { createResolver } from './resolver.js';

export type RecordTarget =
  | { readonly kind: 'Command'; readonly command: string; readonly arguments: readonly string[] }
  | { readonly kind: 'Cgroup'; readonly directory: string }
  | { readonly kind: 'Process'; readonly pid: number };

export interface RecordSample {
  /** ms since the epoch. */
  readonly at: number;
  readonly events: number;
  readonly items: number;
  readonly lost: bigint;
}

export interface RecordOptions {
  /** Ends the recording; what was recorded is returned. A command is then ended too. */
  readonly signal: AbortSignal;
  /** Called about four times a second. */
  readonly onProgress?: (sample: RecordSample) => void;
  /** Called when the command runs. */
  readonly onLaunch?: (launched: Launched) => void;
  /** Bytes of the telemetry ring; small ones lose events, which are counted. */
  readonly ringBytes?: number;
}

export interface Recorded {
  readonly behaviour: Behaviour;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly events: number;
  /** Canonical path of the command's program. */
  readonly program?: string;
  /** How the command ended. */
  readonly exit?: Exit;
  /** Processes that the command left behind and that were ended. */
  readonly leftBehind: number;
}

const RECORD: SlotConfiguration = {
  observe: true,
  syscalls: true,
  denials: false,
  enforce: false,
  generation: 0,
  capabilitiesLost: 0n,
};

const PROGRESS_MS = 250;
/** How long a command may take to end after it was asked to. */
const GRACE_MS = 5_000;

const aborted = (signal: AbortSignal): Promise<void> =>
  signal.aborted
    ? Promise.resolve()
    : new Promise((resolve) => {
        signal.addEventListener(
          'abort',
          () => {
            resolve();
          },
          { once: true },
        );
      });

/** Resolves when the process is gone; its exit cannot be awaited, for it is not our child. */
const gone = (pid: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setInterval(() => {
      if (existsSync(`/proc/${String(pid)}`) && !signal.aborted) return;
      clearInterval(timer);
      resolve();
    }, PROGRESS_MS);
  });

interface Attached {
  readonly slot: number;
  /** Resolves when there is nothing more to record. */
  readonly finished: Promise<Exit | undefined>;
  readonly program?: string;
  /** Ends what was started and resolves to the number of processes left behind. */
  readonly end: () => Promise<number>;
}

const stopping = async (launched: Launched, signal: AbortSignal): Promise<Exit> => {
  const first = await Promise.race([launched.exited, aborted(signal).then(() => undefined)]);
  if (first !== undefined) return first;
  launched.signal('SIGTERM');
  const timer = setTimeout(() => {
    launched.signal('SIGKILL');
  }, GRACE_MS);
  try {
    return await launched.exited;
  } finally {
    clearTimeout(timer);
  }
};

const attachCommand = async (
  session: TracingSession,
  target: Extract<RecordTarget, { kind: 'Command' }>,
  options: RecordOptions,
): Promise<Attached> => {
  const cgroup = makeCgroup();
  try {
    const slot = session.allocateSlot();
    const id = cgroupId(cgroup);
    session.configureSlot(slot, id, RECORD);
    session.attachNetwork(slot, cgroup, false);
    session.bindCgroup(slot, id);
    const launched = await launch({ ...target, cgroup, plan: EMPTY_PLAN });
    options.onLaunch?.(launched);
    return {
      slot,
      finished: stopping(launched, options.signal),
      program: launched.program,
      end: () =>
        endCgroup(cgroup, {
          graceMs: LEFT_BEHIND_MS,
          onEmpty: () => {
            session.detachNetworkLinks(slot);
          },
        }),
    };
  } catch (error) {
    await endCgroup(cgroup);
    throw error;
  }
};

const attachCgroup = (
  session: TracingSession,
  directory: string,
  signal: AbortSignal,
): Attached => {
  const slot = session.allocateSlot();
  session.configureSlot(slot, cgroupId(directory), RECORD);
  session.attachNetwork(slot, directory, false);
  for (const each of cgroupTree(directory)) session.bindCgroup(slot, cgroupId(each));
  session.adopt();
  return { slot, finished: aborted(signal).then(() => undefined), end: () => Promise.resolve(0) };
};

const attachProcess = (session: TracingSession, pid: number, signal: AbortSignal): Attached => {
  const directory = cgroupOfProcess(pid);
  const slot = session.allocateSlot();
  session.configureSlot(slot, cgroupId(directory), RECORD);
  session.attachNetwork(slot, directory, false);
  session.adopt({ pid, slot });
  return { slot, finished: gone(pid, signal).then(() => undefined), end: () => Promise.resolve(0) };
};

const attach = (
  session: TracingSession,
  target: RecordTarget,
  options: RecordOptions,
): Promise<Attached> | Attached => {
  switch (target.kind) {
    case 'Command':
      return attachCommand(session, target, options);
    case 'Cgroup':
      return attachCgroup(session, target.directory, options.signal);
    case 'Process':
      if (!Number.isInteger(target.pid) || !existsSync(`/proc/${String(target.pid)}`))
        throw new PinfoldError('ProcessNotFound', { pid: target.pid, problem: 'no such process' });
      return attachProcess(session, target.pid, options.signal);
  }
};

/**
 * Records until the command ends, the process is gone or the signal aborts. Everything that it
 * attached, loaded or made is gone when it resolves or rejects.
 * @throws PinfoldError when the kernel lacks what is needed or the command cannot be started
 */
export const record = async (target: RecordTarget, options: RecordOptions): Promise<Recorded> => {
  const session = TracingSession.open(
    options.ringBytes === undefined ? {} : { telemetryRingBytes: options.ringBytes },
  );
  try {
    const root = target.kind === 'Process' ? `/proc/${String(target.pid)}/root` : '/';
    const recording = new Recording(
      createBehaviour(),
      createResolver(() => root),
    );
    const startedAt = Date.now();
    const drain = (): void => {
      session.drain((event) => {
        recording.take(event);
      });
    };
    session.onEvents(drain);
    const attached = await attach(session, target, options);
    const progress = (): void => {
      drain();
      recording.count(session.seen());
      const { lost } = session.counters();
      options.onProgress?.({
        at: Date.now(),
        events: recording.events,
        items: itemCount(recording.behaviour),
        lost: Object.values(lost).reduce((sum, count) => sum + count, 0n),
      });
    };
    const timer = options.onProgress === undefined ? undefined : setInterval(progress, PROGRESS_MS);
    let exit: Exit | undefined;
    let leftBehind = 0;
    try {
      exit = await attached.finished;
    } finally {
      clearInterval(timer);
      leftBehind = await attached.end();
    }
    drain();
    recording.count(session.seen());
    const endedAt = Date.now();
    recording.syscalls(session.syscalls(attached.slot), endedAt);
    recording.losses(session.counters());
    if (!recording.behaviour.startSeen)
      sawNote(recording.behaviour, 'StartNotSeen', 'recorded from the middle of its life');
    return {
      behaviour: recording.behaviour,
      startedAt,
      endedAt,
      events: recording.events,
      leftBehind,
      ...(attached.program === undefined ? {} : { program: attached.program }),
      ...(exit === undefined ? {} : { exit }),
    };
  } finally {
    session.close();
  }
};
