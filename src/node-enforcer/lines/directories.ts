/**
 * Directories in which something was met: files come in bursts from few of them. Each is turned round
 * and followed through the rules once; the next file in it costs its own name.
 */
import type { Automaton } from '../../policy/automaton/types.js';
import { walk } from '../../policy/automaton/walk.js';
import { isPlainByte } from './plain.js';

export interface Directory {
  /** As the ring holds it: names, last first, each ended by NUL. */
  readonly walked: Uint8Array;
  /** `/usr/lib/`: what stands before the name of a file in it. */
  readonly text: Uint8Array;
  /** The state of each automaton in which it ends. */
  readonly states: readonly number[];
}

/** One for each value of the hash: a power of two; some 300 bytes each. */
const PLACES = 2048;
/** The name of the directory itself comes first: enough to tell most of them apart. */
const HASHED = 24;

const placeOf = (bytes: Uint8Array, from: number, to: number): number => {
  let hash = to - from;
  const end = Math.min(to, from + HASHED);
  for (let index = from; index < end; index += 1) hash = Math.imul(hash, 31) + (bytes[index] ?? 0);
  return (hash ^ (hash >>> 15)) & (PLACES - 1);
};

const isWalkedAt = (walked: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean => {
  if (walked.length !== to - from) return false;
  for (let index = 0; index < walked.length; index += 1)
    if (walked[index] !== bytes[from + index]) return false;
  return true;
};

/** Whether all names are ended, none is empty and none needs an escape. */
const isPlainWalk = (walked: Uint8Array): boolean => {
  let before = 0;
  for (const byte of walked) {
    if (byte === 0 ? before === 0 : !isPlainByte(byte)) return false;
    before = byte;
  }
  return before === 0;
};

/** The path of a plain walk: `/usr/lib`, empty for the root. */
const pathOf = (walked: Buffer): string =>
  walked.length === 0
    ? ''
    : `/${walked
        .toString('latin1', 0, walked.length - 1)
        .split('\0')
        .reverse()
        .join('/')}`;

export class Directories {
  readonly #automata: readonly Automaton[];
  readonly #places: (Directory | undefined)[] = Array.from({ length: PLACES }, () => undefined);

  constructor(automata: readonly Automaton[]) {
    this.#automata = automata;
  }

  /** That of the walk at `bytes[from, to)`, or undefined where its text is not plain ASCII. */
  at(bytes: Uint8Array, from: number, to: number): Directory | undefined {
    const place = placeOf(bytes, from, to);
    const known = this.#places[place];
    if (known !== undefined && isWalkedAt(known.walked, bytes, from, to)) return known;
    const walked = Buffer.from(bytes.subarray(from, to));
    if (!isPlainWalk(walked)) return undefined;
    const path = pathOf(walked);
    const directory = {
      walked,
      text: Buffer.from(`${path}/`, 'latin1'),
      states: this.#automata.map(({ states, start }) => walk(states, start, path)),
    };
    this.#places[place] = directory;
    return directory;
  }
}
