/**
 * Copies of ring events, found by their key: most are never asked for again, so they are kept as they
 * came. An open-addressed table of places in pieces of memory.
 */
import { LAYOUT, SIZES } from '../../bpf/layout.js';

const KEY = LAYOUT.pf_event.key;
const SIZE = LAYOUT.pf_event.size;
const WORD = 4;

/** A piece of memory is larger than the longest event; the low bits of a place are its offset there. */
const CHUNK_BITS = 16;
const CHUNK_BYTES = 1 << CHUNK_BITS;
const OFFSET = CHUNK_BYTES - 1;

/** In the ring events are padded to 8. */
const sizeOf = (view: DataView, at: number): number =>
  (view.getUint16(at + SIZE, true) + WORD - 1) & -WORD;

const hashOf = (view: DataView, at: number): number => {
  let hash = 0;
  for (let offset = at; offset < at + SIZES.pf_seen_key; offset += WORD)
    hash = Math.imul(hash ^ view.getInt32(offset, true), 0x9e3779b1);
  return hash ^ (hash >>> 15);
};

const isSame = (a: DataView, atA: number, b: DataView, atB: number): boolean => {
  for (let offset = 0; offset < SIZES.pf_seen_key; offset += WORD)
    if (a.getInt32(atA + offset, true) !== b.getInt32(atB + offset, true)) return false;
  return true;
};

const copy = (from: DataView, at: number, to: DataView, place: number, size: number): void => {
  for (let offset = 0; offset < size; offset += WORD)
    to.setInt32(place + offset, from.getInt32(at + offset, true), true);
};

/** Where an event is. */
export interface Kept {
  readonly view: DataView;
  readonly at: number;
}

export class KeptEvents {
  readonly #chunks: DataView[] = [];
  /** Where the next one goes; at first behind the memory there is. */
  #next = 0;
  /** One more than the place of each event, by hash; 0: free. */
  #table = new Int32Array(1 << 8);
  #count = 0;

  get size(): number {
    return this.#count;
  }

  /** Copies the event at `at`, over one of the same key. Whether there was one. */
  keep(view: DataView, at: number): boolean {
    const size = sizeOf(view, at);
    const index = this.#indexOf(view, at + KEY);
    const known = this.#table[index] ?? 0;
    if (known !== 0) {
      const before = this.#at(known);
      if (before !== undefined && sizeOf(before, (known - 1) & OFFSET) === size) {
        copy(view, at, before, (known - 1) & OFFSET, size);
        return true;
      }
    }
    copy(view, at, this.#roomFor(size), this.#next & OFFSET, size);
    this.#table[index] = this.#next + 1;
    this.#next += size;
    if (known !== 0) return true;
    this.#count += 1;
    if (this.#count * 2 > this.#table.length) this.#spread();
    return false;
  }

  /** The event of a key (`SeenEntry.key`). */
  find(key: string): Kept | undefined {
    const bytes = Buffer.from(key, 'latin1');
    const wanted = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const entry = this.#table[this.#indexOf(wanted, 0)] ?? 0;
    const view = this.#at(entry);
    return view && { view, at: (entry - 1) & OFFSET };
  }

  /** The memory that an entry of the table is in; none for a free one. */
  #at(entry: number): DataView | undefined {
    return this.#chunks[(entry - 1) >> CHUNK_BITS];
  }

  /** Memory in which `#next` is the place for so many bytes. */
  #roomFor(size: number): DataView {
    const chunk = this.#chunks[this.#next >> CHUNK_BITS];
    if (chunk !== undefined && (this.#next & OFFSET) + size <= CHUNK_BYTES) return chunk;
    this.#next = this.#chunks.length << CHUNK_BITS;
    const fresh = new DataView(new ArrayBuffer(CHUNK_BYTES));
    this.#chunks.push(fresh);
    return fresh;
  }

  /** Of the key at `at`: where it is in the table, or where it would be. */
  #indexOf(view: DataView, at: number): number {
    const last = this.#table.length - 1;
    let index = hashOf(view, at) & last;
    for (;;) {
      const entry = this.#table[index] ?? 0;
      const chunk = this.#at(entry);
      if (chunk === undefined || isSame(chunk, ((entry - 1) & OFFSET) + KEY, view, at))
        return index;
      index = (index + 1) & last;
    }
  }

  #spread(): void {
    const entries = this.#table.filter((entry) => entry !== 0);
    this.#table = new Int32Array(this.#table.length * 4);
    for (const entry of entries) {
      const chunk = this.#at(entry);
      if (chunk !== undefined)
        this.#table[this.#indexOf(chunk, ((entry - 1) & OFFSET) + KEY)] = entry;
    }
  }
}
