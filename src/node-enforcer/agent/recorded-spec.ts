/** A running recording as the object that the operator reads. */
import type { RecordedBehaviorSpec, RecordedProfileReference } from '../../api/objects.js';
import type { Behaviour, Seen } from '../../recorder/behaviour.js';
import { generalise } from '../../recorder/generalise.js';
import type { LearnedRules } from '../../recorder/generalise.js';

export interface RecordingFacts {
  readonly node: string;
  readonly profile: RecordedProfileReference;
  /** ms since the epoch. */
  readonly startedAt: number;
  readonly updatedAt: number;
  readonly containers: number;
  /** A workload was recorded to its end. */
  readonly cleanStop: boolean;
  /** Nothing will be added. */
  readonly finished: boolean;
}

/** Design §3: at most 512 KiB; what is around the lists needs little. */
const MAX_BYTES = 500 * 1024;

const iso = (at: number): string => new Date(at).toISOString().replace(/\.\d+/, '');

const seen = ({ firstSeen, count }: Seen): { firstSeen: string; count: number } => ({
  firstSeen: iso(firstSeen),
  count,
});

/** No rule can hold bytes that are not UTF-8, nor NUL: such a segment is written `*`. */
const writable = (path: string): string =>
  path
    .split('/')
    .map((segment) => (/\p{Surrogate}|\0/u.test(segment) ? '*' : segment))
    .join('/');

const execsOf = ({ execs }: Behaviour): NonNullable<RecordedBehaviorSpec['execs']> =>
  [...execs.values()].map((exec) => ({
    path: writable(exec.path),
    ...(exec.interpreter === undefined ? {} : { interpreter: writable(exec.interpreter) }),
    script: exec.script === true,
    fileless: false,
    deleted: false,
    ...seen(exec),
  }));

const specWith = (
  behaviour: Behaviour,
  { files, capabilities }: LearnedRules,
  facts: RecordingFacts,
  generalised: boolean,
): RecordedBehaviorSpec => {
  const lost = Object.entries(behaviour.lost).filter(([, count]) => count > 0n);
  const notes = [...behaviour.notes.values()].slice(0, 64);
  return {
    node: facts.node,
    profile: facts.profile,
    startedAt: iso(facts.startedAt),
    updatedAt: iso(facts.updatedAt),
    startSeen: behaviour.startSeen,
    cleanStop: facts.cleanStop,
    finished: facts.finished,
    generalised,
    containers: facts.containers,
    execs: execsOf(behaviour),
    files: files.map((file) => ({
      path: file.path,
      access: file.access,
      directory: false,
      fromArgument: file.fromArgument,
      ...seen(file),
    })),
    sockets: [...behaviour.sockets.values()].slice(0, 5000).map((socket) => ({
      direction: socket.direction,
      protocol: socket.protocol,
      address: socket.address,
      port: socket.port,
      ...seen(socket),
    })),
    capabilities: capabilities.map((capability) => ({
      name: capability.name as NonNullable<RecordedBehaviorSpec['capabilities']>[number]['name'],
      ...seen(capability),
    })),
    syscalls: [...behaviour.syscalls].flatMap(([architecture, names]) =>
      [...names].map(([name, each]) => ({ architecture, name, ...seen(each) })),
    ),
    ...(lost.length === 0
      ? {}
      : { lost: Object.fromEntries(lost.map(([name, count]) => [name, Number(count)])) }),
    ...(notes.length === 0
      ? {}
      : {
          notes: notes.map(({ code, detail, count }) => ({
            code,
            detail: detail.replace(/\p{Surrogate}/gu, '\u{fffd}').slice(0, 4096),
            count,
          })),
        }),
  };
};

const bytesOf = (spec: RecordedBehaviorSpec): number => Buffer.byteLength(JSON.stringify(spec));

/**
 * The behaviour as a spec of at most 512 KiB. Files are generalised here already, because only this
 * node knows the process ids that tell which parts of a name vary; where they are too many they are
 * generalised further, and the spec says so.
 */
export const recordedSpec = (behaviour: Behaviour, facts: RecordingFacts): RecordedBehaviorSpec => {
  const budgets = [undefined, 2000, 1000, 500, 250] as const;
  let spec: RecordedBehaviorSpec | undefined;
  for (const maxFiles of budgets) {
    const learned = generalise(behaviour, maxFiles === undefined ? {} : { maxFiles });
    spec = specWith(behaviour, learned, facts, maxFiles !== undefined);
    if (bytesOf(spec) <= MAX_BYTES) return spec;
  }
  // Many long paths of programs: rare enough to give up their number rather than the object.
  return {
    ...(spec ?? specWith(behaviour, generalise(behaviour), facts, true)),
    execs: execsOf(behaviour).slice(0, 1000),
  };
};
