/**
 * NRI's multiplexer: several byte streams over one socket. A frame is u32be connection id, u32be length,
 * and that many bytes. Frames are no messages: each connection is a byte stream (NRI: pkg/net/multiplex).
 */
import { PinfoldError } from '../../../errors.js';
import { Piece } from './piece.js';
import { TTRPC_HEADER_BYTES, TTRPC_MESSAGE_BYTES } from './ttrpc.js';

/** The runtime calls us here. */
export const PLUGIN_CONNECTION = 1;
/** We call the runtime here. */
export const RUNTIME_CONNECTION = 2;

const HEADER_BYTES = 8;
/** NRI never puts more into a frame than one message of ttrpc. */
const FRAME_BYTES = TTRPC_HEADER_BYTES + TTRPC_MESSAGE_BYTES;
/** The runtime reads the beginning of a message into a buffer of this size and drops us if it does not fit. */
export const FIRST_FRAME_BYTES = 4096;

/** Some bytes of one connection, in order. */
export interface MuxPiece {
  readonly connection: number;
  readonly bytes: Buffer;
}

/** Cuts what comes from the socket into pieces for its connections; holds at most one header. */
export class MuxReader {
  #header = new Piece(HEADER_BYTES);
  #connection = 0;
  #left = 0;

  /** The pieces that one chunk completes. @throws PinfoldError NriProtocol */
  *push(chunk: Buffer): Generator<MuxPiece> {
    let offset = 0;
    while (offset < chunk.length) {
      if (this.#left === 0) {
        offset += this.#header.fill(chunk, offset);
        this.#begin();
        continue;
      }
      const bytes = chunk.subarray(offset, offset + this.#left);
      offset += bytes.length;
      this.#left -= bytes.length;
      yield { connection: this.#connection, bytes };
    }
  }

  #begin(): void {
    const header = this.#header.whole;
    if (header === undefined) return;
    const length = header.readUInt32BE(4);
    if (length > FRAME_BYTES)
      throw new PinfoldError('NriProtocol', {
        problem: `a frame of ${String(length)} bytes; at most ${String(FRAME_BYTES)} are possible`,
      });
    this.#connection = header.readUInt32BE(0);
    this.#left = length;
    this.#header = new Piece(HEADER_BYTES);
  }
}

const frame = (connection: number, bytes: Buffer): readonly Buffer[] => {
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  header.writeUInt32BE(connection, 0);
  header.writeUInt32BE(bytes.length, 4);
  return [header, bytes];
};

/**
 * One message in frames: the first small enough for the runtime's buffer, the second with all the rest,
 * because the runtime gives up a connection that has more than 256 frames waiting.
 */
export const muxFrames = (connection: number, message: Buffer): Buffer =>
  Buffer.concat([
    ...frame(connection, message.subarray(0, FIRST_FRAME_BYTES)),
    ...(message.length > FIRST_FRAME_BYTES
      ? frame(connection, message.subarray(FIRST_FRAME_BYTES))
      : []),
  ]);
