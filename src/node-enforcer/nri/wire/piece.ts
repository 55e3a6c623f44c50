/** A piece of known size that fills up from chunks of any size: what a reader holds never exceeds it. */
export class Piece {
  readonly #bytes: Buffer;
  #filled = 0;

  /** `size` in bytes; the caller has bounded it. */
  constructor(size: number) {
    this.#bytes = Buffer.allocUnsafe(size);
  }

  /** Takes what it needs of `chunk` from `offset` on; returns how many bytes that were. */
  fill(chunk: Buffer, offset: number): number {
    const taken = chunk.copy(this.#bytes, this.#filled, offset);
    this.#filled += taken;
    return taken;
  }

  /** The whole piece, or undefined while bytes are missing. */
  get whole(): Buffer | undefined {
    return this.#filled === this.#bytes.length ? this.#bytes : undefined;
  }
}
