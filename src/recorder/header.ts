/** The comment at the top of a recorded profile: where it comes from and what it lacks. */
import type { Behaviour, Note } from './behaviour.js';
import type { LearnedPath, LearnedRules } from './generalise.js';
import { commentText } from './yaml-nodes.js';
import { clockOf, grouped } from './progress.js';
import type { Review } from './risky.js';

/** What the recorder's caller knows about the recording. */
export interface RecordingInfo {
  /** What ran: the command as typed, or the cgroup or process that was followed. */
  readonly subject: string;
  readonly hostname: string;
  /** Kernel release, as in `uname -r`. */
  readonly kernel: string;
  /** Version of Pinfold. */
  readonly version: string;
  /** ms since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly events: number | bigint;
}

const iso = (at: number): string => new Date(at).toISOString().replace(/\.\d{3}Z$/, 'Z');

const plural = (count: number | bigint, one: string, many = `${one}s`): string =>
  `${grouped(count)} ${BigInt(count) === 1n ? one : many}`;

/** `Incomplete: 12 events lost (files 10, exec 2)`; `undefined`: nothing was lost. */
export const incompleteness = (behaviour: Behaviour): string | undefined => {
  const losses = Object.entries(behaviour.lost)
    .filter(([, count]) => count > 0n)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  if (losses.length === 0) return undefined;
  const total = losses.reduce((sum, [, count]) => sum + count, 0n);
  const classes = losses.map(([name, count]) => `${name} ${grouped(count)}`).join(', ');
  return `Incomplete: ${plural(total, 'event')} lost (${classes})`;
};

const NOTE_TEXT: Readonly<Record<Note['code'], string>> = {
  IoUringUsed: 'io_uring used: what was done through it may be missing',
  PathRaced: 'Raced: renamed or mounted over while it was looked up, the path is a guess',
  PathUnreadable: 'a path could not be read and is in no rule',
  FilelessExec: 'a program without a file was executed; no rule can allow it',
  DeletedExec: 'a program was executed after its file was deleted; no rule can allow it',
  StartNotSeen: 'the start was not seen: the profile may break the next one',
  ForeignRoot: 'outside the root of the workload, in no rule',
  AbstractUnixSocket: 'abstract unix socket, in no rule',
  FilelessFile: 'memory without a file (memfd), in no rule',
  Generalised: 'generalised while recording',
  TooMany: 'too many to keep',
  UnknownSyscall: 'a system call without a known name, in no rule',
  UnknownCapability: 'a capability without a known name, in no rule',
  UnknownProtocol: 'a protocol that rules do not know',
};

const MAX_NOTES = 20;

const noteLines = (behaviour: Behaviour): readonly string[] => {
  const notes = [...behaviour.notes.values()].sort((a, b) =>
    `${a.code} ${a.detail}` < `${b.code} ${b.detail}` ? -1 : 1,
  );
  const lines = notes
    .slice(0, MAX_NOTES)
    .map(
      ({ code, detail, count }) =>
        `${code}: ${NOTE_TEXT[code]}${detail === '' ? '' : `: ${commentText(detail)}`}${count > 1 ? ` (${grouped(count)}x)` : ''}`,
    );
  const rest = notes.length - lines.length;
  return rest > 0 ? [...lines, `and ${plural(rest, 'more note')}`] : lines;
};

const MAX_GENERALISED = 30;

const generalisedLines = (paths: readonly LearnedPath[]): readonly string[] => {
  // Nine rules say "any process" (files.ts); one line is enough here.
  const wide = paths.filter(
    ({ path, generalisations }) => generalisations.length > 0 && !/^\/proc\/[2-9]\*$/.test(path),
  );
  const lines = wide
    .slice(0, MAX_GENERALISED)
    .map(
      ({ path, originals, generalisations }) =>
        `  ${path === '/proc/1*' ? '/proc/1* to /proc/9*' : path}  ${plural(originals, 'path')} (${generalisations.join(', ')})`,
    );
  const rest = wide.length - lines.length;
  if (lines.length === 0) return [];
  return ['Generalised:', ...lines, ...(rest > 0 ? [`  and ${grouped(rest)} more`] : [])];
};

const countsLine = (rules: LearnedRules): string =>
  [
    plural(rules.exec.length, 'program'),
    plural(rules.files.length, 'file rule'),
    plural(rules.egress.length, 'egress rule'),
    plural(
      rules.ingress.reduce((sum, rule) => sum + rule.ports.length, 0),
      'port bound',
      'ports bound',
    ),
    plural(rules.capabilities.length, 'capability', 'capabilities'),
    plural(rules.syscalls.filter(({ count }) => count > 0).length, 'system call'),
  ].join(', ');

/** The lines of the header, without `#`. */
export const headerLines = (
  behaviour: Behaviour,
  rules: LearnedRules,
  reviews: readonly Review[],
  info: RecordingInfo,
): readonly string[] => {
  const lost = incompleteness(behaviour);
  const hasStartNote = [...behaviour.notes.values()].some((note) => note.code === 'StartNotSeen');
  const warnings = [
    ...(lost === undefined ? [] : [`${lost}: record again before this is enforced`]),
    ...(rules.leftOut > 0
      ? [
          `Incomplete: ${plural(rules.leftOut, 'rarely used file')} left out: a profile holds 5,000 rules`,
        ]
      : []),
    ...(behaviour.startSeen || hasStartNote ? [] : [`StartNotSeen: ${NOTE_TEXT.StartNotSeen}`]),
    ...noteLines(behaviour),
    ...(reviews.length > 0
      ? [`${plural(reviews.length, 'place')} to look at: search for "review:"`]
      : []),
  ];
  const generalised = generalisedLines([...rules.exec, ...rules.files]);
  return [
    `Recorded by pinfold ${info.version}: ${commentText(info.subject)}`,
    `  host    ${info.hostname}, Linux ${info.kernel}`,
    `  time    ${iso(info.startedAt)} to ${iso(info.endedAt)} (${clockOf(info.endedAt - info.startedAt)})`,
    `  events  ${grouped(info.events)}${lost === undefined ? ', none lost' : ''}`,
    `  found   ${countsLine(rules)}`,
    ...(warnings.length > 0 ? ['', ...warnings] : []),
    ...(generalised.length > 0 ? ['', ...generalised] : []),
  ];
};
