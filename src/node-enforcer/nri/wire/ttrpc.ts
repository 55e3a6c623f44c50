/**
 * ttrpc's messages (containerd/ttrpc, PROTOCOL.md): u32be length, u32be stream id, u8 type, u8 flags, body.
 * A client's streams have odd numbers that only grow.
 */
import { PinfoldError } from '../../../errors.js';
import { Piece } from './piece.js';

export const TTRPC_HEADER_BYTES = 10;
/** ttrpc refuses to send or receive a longer body. */
export const TTRPC_MESSAGE_BYTES = 4 * 1024 * 1024;

export const MESSAGE_TYPE = { request: 1, response: 2, data: 3 } as const;

/** gRPC's status codes, as far as they are used here. */
export const STATUS = {
  ok: 0,
  invalidArgument: 3,
  resourceExhausted: 8,
  /** What an admission that refuses is answered with: any code but 4, which would get the plugin dropped. */
  failedPrecondition: 9,
  unimplemented: 12,
  internal: 13,
} as const;

export interface TtrpcMessage {
  readonly stream: number;
  readonly type: number;
  readonly body: Buffer;
}

/** Puts a connection's bytes together to messages; holds at most one. */
export class TtrpcReader {
  #header = new Piece(TTRPC_HEADER_BYTES);
  #body: Piece | undefined;

  /** The messages that these bytes complete. @throws PinfoldError NriProtocol */
  *push(bytes: Buffer): Generator<TtrpcMessage> {
    let offset = 0;
    // A message with an empty body is complete without a further byte, so the end is looked at last.
    while (offset < bytes.length) {
      offset += (this.#body ?? this.#header).fill(bytes, offset);
      this.#body ??= this.#bodyFor();
      const message = this.#finish();
      if (message !== undefined) yield message;
    }
  }

  #bodyFor(): Piece | undefined {
    const length = this.#header.whole?.readUInt32BE(0);
    if (length === undefined) return undefined;
    if (length > TTRPC_MESSAGE_BYTES)
      throw new PinfoldError('NriProtocol', {
        problem: `a message of ${String(length)} bytes; at most ${String(TTRPC_MESSAGE_BYTES)} are possible`,
      });
    return new Piece(length);
  }

  #finish(): TtrpcMessage | undefined {
    const header = this.#header.whole;
    const body = this.#body?.whole;
    if (header === undefined || body === undefined) return undefined;
    this.#header = new Piece(TTRPC_HEADER_BYTES);
    this.#body = undefined;
    return { stream: header.readUInt32BE(4), type: header.readUInt8(8), body };
  }
}

/** A message as it is sent. @throws PinfoldError NriProtocol if the body is too long for ttrpc */
export const ttrpcMessage = ({ stream, type, body }: TtrpcMessage): Buffer => {
  if (body.length > TTRPC_MESSAGE_BYTES)
    throw new PinfoldError('NriProtocol', {
      problem: `an answer of ${String(body.length)} bytes does not fit into a message`,
    });
  const header = Buffer.alloc(TTRPC_HEADER_BYTES);
  header.writeUInt32BE(body.length, 0);
  header.writeUInt32BE(stream, 4);
  header.writeUInt8(type, 8);
  return Buffer.concat([header, body]);
};
