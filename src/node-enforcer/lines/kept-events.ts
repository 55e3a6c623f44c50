/**
 * Copies of ring events, found by their key: most are never asked for again, so they are kept as they
 * came. An open-addressed table of places in one piece of memory.
 */
import { LAYOUT, SIZES } from '../../bpf/layout.js';

const KEY = LAYOUT.pf_event.key;
const SIZE = LAYOUT.pf_event.size;
const WORD = 4;

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

export class KeptEvents {
  #bytes = Buffer.allocUnsafeSlow(1 << 16);
  #view = new DataView(this.#bytes.buffer);
  #used = WORD;
  /** Where each event is, by hash; 0: free. */
  #table = new Int32Array(1 << 12);
  #count = 0;

  get size(): number {
    return this.#count;
  }

  /** The memory that places refer to, until the next `keep`. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  get view(): DataView {
    return this.#view;
  }

  /** Copies the event at `at`, over one of the same key. Whether there was one. */
  keep(view: DataView, at: number): boolean {
    const size = sizeOf(view, at);
    const index = this.#indexOf(view, at + KEY);
    const known = this.#table[index] ?? 0;
    if (known !== 0 && sizeOf(this.#view, known) === size) {
      this.#copy(view, at, known, size);
      return true;
    }
    if (this.#used + size > this.#bytes.length) this.#grow();
    this.#copy(view, at, this.#used, size);
    this.#table[index] = this.#used;
    this.#used += size;
    if (known !== 0) return true;
    this.#count += 1;
    if (this.#count * 2 > this.#table.length) this.#spread();
    return false;
  }

  /** Where the event of a key (`SeenEntry.key`) is, or 0. */
  find(key: string): number {
    const bytes = Buffer.from(key, 'latin1');
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return this.#table[this.#indexOf(view, 0)] ?? 0;
  }

  /** Of the key at `at`: where it is in the table, or where it would be. */
  #indexOf(view: DataView, at: number): number {
    const last = this.#table.length - 1;
    let index = hashOf(view, at) & last;
    for (;;) {
      const place = this.#table[index] ?? 0;
      if (place === 0 || isSame(this.#view, place + KEY, view, at)) return index;
      index = (index + 1) & last;
    }
  }

  #copy(from: DataView, at: number, place: number, size: number): void {
    const to = this.#view;
    for (let offset = 0; offset < size; offset += WORD)
      to.setInt32(place + offset, from.getInt32(at + offset, true), true);
  }

  #grow(): void {
    const larger = Buffer.allocUnsafeSlow(this.#bytes.length * 2);
    this.#bytes.copy(larger);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }

  #spread(): void {
    const places = this.#table.filter((place) => place !== 0);
    this.#table = new Int32Array(this.#table.length * 4);
    for (const place of places) this.#table[this.#indexOf(this.#view, place + KEY)] = place;
  }
}
