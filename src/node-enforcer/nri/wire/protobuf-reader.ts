/** Reads protobuf's wire format; every read is checked against the end of what was given. */
import { PinfoldError } from '../../../errors.js';

export const WIRE = { varint: 0, fixed64: 1, delimited: 2, fixed32: 5 } as const;

/** Groups (3 and 4) are not in proto3, so nothing here nests and nothing recurses. */
const TAG_WIRE_BITS = 3;
const VARINT_BYTES = 10;
const VARINT_BITS = 7;

const malformed = (problem: string): PinfoldError => new PinfoldError('NriProtocol', { problem });

export class ProtobufReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#offset >= this.#bytes.length;
  }

  /** Field number and wire type of what follows. @throws PinfoldError NriProtocol, as all below do */
  tag(): { readonly field: number; readonly wireType: number } {
    const tag = this.uint32();
    const field = tag >>> TAG_WIRE_BITS;
    if (field === 0) throw malformed('field number 0');
    return { field, wireType: tag & 7 };
  }

  /** The low 32 bits of a varint: what does not fit a field is cut off, as protobuf says. */
  uint32(): number {
    let value = 0;
    for (let at = 0; at < VARINT_BYTES; at += 1) {
      const byte = this.#byte();
      if (at < 5) value += (byte & 0x7f) * 2 ** (at * VARINT_BITS);
      if (byte < 0x80) return value % 2 ** 32;
    }
    throw malformed('a number of more than 10 bytes');
  }

  /** A varint as signed 64 bits. */
  int64(): bigint {
    let value = 0n;
    for (let at = 0; at < VARINT_BYTES; at += 1) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << BigInt(at * VARINT_BITS);
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
    throw malformed('a number of more than 10 bytes');
  }

  /** A length and that many bytes. */
  delimited(): Buffer {
    return this.#take(this.uint32());
  }

  skip(wireType: number): void {
    switch (wireType) {
      case WIRE.varint:
        this.int64();
        return;
      case WIRE.fixed64:
        this.#take(8);
        return;
      case WIRE.delimited:
        this.delimited();
        return;
      case WIRE.fixed32:
        this.#take(4);
        return;
      default:
        throw malformed(`wire type ${String(wireType)}, which proto3 does not have`);
    }
  }

  #byte(): number {
    const byte = this.#bytes[this.#offset];
    if (byte === undefined) throw malformed('a message that ends within a number');
    this.#offset += 1;
    return byte;
  }

  #take(count: number): Buffer {
    const end = this.#offset + count;
    if (end > this.#bytes.length) throw malformed('a field that is longer than its message');
    const taken = this.#bytes.subarray(this.#offset, end);
    this.#offset = end;
    return taken;
  }
}
