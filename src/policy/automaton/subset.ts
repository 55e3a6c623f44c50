/**
 * Subset construction over path patterns, a segment at a time (Rabin and Scott 1959, with segments
 * as the alphabet). A position is a pattern and how many of its segments are matched; a state is a
 * set of positions. Only literals and prefixes that occur at a state get edges of their own, so
 * a state has as many edges as its positions have names.
 */
import { PinfoldError } from '../../errors.js';
import type { Pattern, SegmentPattern } from '../paths.js';
import { DEAD, MAX_PREFIX_LENGTHS, MAX_STATES, type State } from './types.js';

/** A state together with the patterns that match a path which ends there. */
export interface RawState extends Omit<State, 'accept'> {
  /** Indexes of patterns, ascending. */
  readonly matched: readonly number[];
}

interface Position {
  readonly pattern: number;
  readonly next: SegmentPattern | 'End' | 'Below' | 'Inside';
  /** Position after one matching segment; itself inside `**`; absent at the end of a pattern. */
  readonly after?: number;
}

/** Every position of every pattern; those of one pattern are consecutive. */
const positionsOf = (patterns: readonly Pattern[]): readonly Position[] => {
  const positions: Position[] = [];
  for (const [pattern, { segments, below }] of patterns.entries()) {
    for (const next of segments) positions.push({ pattern, next, after: positions.length + 1 });
    if (below) {
      positions.push({ pattern, next: 'Below', after: positions.length + 1 });
      positions.push({ pattern, next: 'Inside', after: positions.length });
    } else positions.push({ pattern, next: 'End' });
  }
  return positions;
};

const utf8 = new TextEncoder();
const byteLength = (text: string): number => utf8.encode(text).length;

/** Positions that one segment leads to, grouped by what of the segment decides. */
interface Fanout {
  readonly exact: Map<string, number[]>;
  readonly prefix: Map<string, number[]>;
  readonly any: number[];
}

const append = (groups: Map<string, number[]>, key: string, position: number): void => {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [position]);
  else group.push(position);
};

const fanoutOf = (positions: readonly Position[], state: readonly number[]): Fanout => {
  const fanout: Fanout = { exact: new Map(), prefix: new Map(), any: [] };
  for (const index of state) {
    const position = positions[index];
    if (position?.after === undefined) continue;
    const { next, after } = position;
    if (next === 'Below' || next === 'Inside' || next === 'End') fanout.any.push(after);
    else if (next.kind === 'Any') fanout.any.push(after);
    else append(next.kind === 'Literal' ? fanout.exact : fanout.prefix, next.text, after);
  }
  return fanout;
};

/** Positions behind the prefixes that `text` starts with. */
const behindPrefixes = ({ prefix }: Fanout, lengths: readonly number[], text: string): number[] =>
  lengths.flatMap((length) =>
    length <= text.length ? (prefix.get(text.slice(0, length)) ?? []) : [],
  );

const lengthsOf = (fanout: Fanout, describe: () => string): readonly number[] => {
  const texts = [...fanout.prefix.keys()];
  const bytes = new Set(texts.map(byteLength));
  if (bytes.size > MAX_PREFIX_LENGTHS)
    throw new PinfoldError('TooComplex', {
      profiles: describe(),
      problem: `${bytes.size.toString()} different lengths of prefixes (${texts
        .slice(0, 6)
        .map((text) => `${text}*`)
        .join(', ')}) meet in one directory; at most ${MAX_PREFIX_LENGTHS.toString()} are possible`,
    });
  return [...new Set(texts.map((text) => text.length))].sort((a, b) => b - a);
};

/** Numbers sets of positions as they are met, the empty one first. */
class StateSet {
  readonly sets: (readonly number[])[] = [[]];
  readonly #numbers = new Map<string, number>([['', DEAD]]);
  readonly #describe: () => string;

  constructor(describe: () => string) {
    this.#describe = describe;
  }

  /** The number of the state that holds these positions. */
  numberOf(members: readonly number[]): number {
    const sorted = [...new Set(members)].sort((a, b) => a - b);
    const key = sorted.join();
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.sets.length;
    if (number >= MAX_STATES)
      throw new PinfoldError('TooComplex', {
        profiles: this.#describe(),
        problem: `their path patterns need more than ${MAX_STATES.toString()} states`,
      });
    this.#numbers.set(key, number);
    this.sets.push(sorted);
    return number;
  }
}

/**
 * The states of the patterns and the number of the first one; state 0 is the dead one. `describe`
 * names the profiles for the message of `TooComplex`.
 */
export const subsetConstruction = (
  patterns: readonly Pattern[],
  describe: () => string,
): { readonly states: readonly RawState[]; readonly start: number } => {
  const positions = positionsOf(patterns);
  const known = new StateSet(describe);
  const firsts = positions.flatMap((position, index) =>
    positions[index - 1]?.pattern === position.pattern ? [] : [index],
  );
  const start = known.numberOf(firsts);
  const states: RawState[] = [];
  // `sets` grows while states are made; the loop ends when no new one turned up.
  for (const members of known.sets) {
    const fanout = fanoutOf(positions, members);
    const lengths = lengthsOf(fanout, describe);
    const exact = new Map<string, number>();
    const prefix = new Map<string, number>();
    for (const [text, targets] of fanout.exact)
      exact.set(
        text,
        known.numberOf([...targets, ...behindPrefixes(fanout, lengths, text), ...fanout.any]),
      );
    for (const text of fanout.prefix.keys())
      prefix.set(text, known.numberOf([...behindPrefixes(fanout, lengths, text), ...fanout.any]));
    states.push({
      exact,
      prefix,
      prefixLengths: lengths,
      otherwise: known.numberOf(fanout.any),
      matched: members.flatMap((index) => {
        const position = positions[index];
        const ends = position?.next === 'End' || position?.next === 'Inside';
        return position !== undefined && ends ? [position.pattern] : [];
      }),
    });
  }
  return { states, start };
};
