/**
 * Which part of a path differs from run to run: process ids, temporary names, ids, hashes, times.
 * Judged segment by segment; names that packages own and library versions are left as they are.
 */
import type { Generalisation, Generalised } from './generalisation.js';
import { procOrSysSegment } from './kernel-names.js';
import { randomPart } from './random.js';

/** What is known about the place of a segment. */
export interface Place {
  /** Recorded segments above it. */
  readonly above: readonly string[];
  /** Whether it is the last one. */
  readonly last: boolean;
  /** Whether the workload was seen to create this very path. */
  readonly created: boolean;
  /** Whether the object is executed or mapped executable: then only the surest signs count. */
  readonly executable: boolean;
  readonly pids: ReadonlySet<number>;
}

/** Trees whose names come from packages: the same in every run, whatever they look like. */
const PACKAGED = new Set([
  'usr',
  'bin',
  'sbin',
  'lib',
  'lib32',
  'lib64',
  'libx32',
  'etc',
  'boot',
  'nix',
]);

export const isPackaged = (segments: readonly string[]): boolean => PACKAGED.has(segments[0] ?? '');

/** Whether some directory above is one for temporary files. */
export const isTemporary = (above: readonly string[]): boolean =>
  above.some((segment) => /^(?:\.?te?mp|shm|.*[_-]te?mp)$/i.test(segment));

const UUID = /[0-9a-f]{8}([-_])[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}/i;
/** 64 bits in hex or more, not part of a longer word; must hold a digit and a letter unless long. */
const HASH =
  /(?<![0-9A-Za-z])(?:(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{16,}|[0-9a-f]{32,})(?![0-9A-Za-z])/i;

const identifiers: readonly (readonly [Generalisation, RegExp])[] = [
  ['Uuid', UUID],
  ['Hash', HASH],
];

const found = (name: string, rule: Generalisation, pattern: RegExp): Generalised | undefined => {
  const match = pattern.exec(name);
  return match === null ? undefined : { prefix: name.slice(0, match.index), rule };
};

const earliest = (candidates: readonly (Generalised | undefined)[]): Generalised | undefined =>
  candidates
    .filter((candidate) => candidate !== undefined)
    .reduce<Generalised | undefined>(
      (best, next) => (best === undefined || next.prefix.length < best.prefix.length ? next : best),
      undefined,
    );

/**
 * What of the segment `name` must be expected to differ next time; `undefined` where nothing does.
 * The earliest such part decides, because the grammar has prefixes only.
 */
export const variablePart = (name: string, place: Place): Generalised | undefined => {
  const top = place.above[0];
  if (top === 'proc' || top === 'sys' || top === 'dev') {
    const special = procOrSysSegment(name, place.above);
    if (special !== undefined || !(top === 'dev' && place.above[1] === 'shm')) return special;
  }
  if (isPackaged(place.above) && !place.created) return undefined;
  const certain = identifiers.map(([rule, pattern]) => found(name, rule, pattern));
  const temporary = isTemporary(place.above);
  if (!temporary && (!place.created || place.executable)) return earliest(certain);
  return earliest([
    ...certain,
    randomPart(name, { temporary, created: place.created, pids: place.pids }),
  ]);
};
