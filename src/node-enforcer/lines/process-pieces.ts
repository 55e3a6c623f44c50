/** The part of a line that names the acting task: the same for a burst of events. */
import { LAYOUT } from '../../bpf/layout.js';

/** Where the words of the header that make up the part are: ids, program, name. */
const { tgid, tid, uid, exe, comm } = LAYOUT.pf_event;
const WORDS = [tgid, tid, uid, exe, exe + 4, comm, comm + 4, comm + 8, comm + 12] as const;

/** One for each low part of a thread id: a power of two, more than take turns in a burst. */
const PLACES = 256;

interface Known {
  readonly words: readonly number[];
  readonly text: Uint8Array;
}

export class ProcessPieces {
  readonly #places: (Known | undefined)[] = Array.from({ length: PLACES }, () => undefined);

  /** That of the event at `at`, if it is known. */
  at(view: DataView, at: number): Uint8Array | undefined {
    const known = this.#places[view.getUint32(at + tid, true) & (PLACES - 1)];
    if (known === undefined) return undefined;
    for (let index = 0; index < WORDS.length; index += 1)
      if (known.words[index] !== view.getUint32(at + (WORDS[index] ?? 0), true)) return undefined;
    return known.text;
  }

  keep(view: DataView, at: number, text: Uint8Array): Uint8Array {
    const words = WORDS.map((word) => view.getUint32(at + word, true));
    this.#places[view.getUint32(at + tid, true) & (PLACES - 1)] = { words, text };
    return text;
  }

  /** After a program's id began to stand for something else. */
  forget(): void {
    this.#places.fill(undefined);
  }
}
