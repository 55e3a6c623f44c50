/** Streams of bytes to messages: cut anywhere, or not what they should be. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  FIRST_FRAME_BYTES,
  MuxReader,
  muxFrames,
} from '../../../../src/node-enforcer/nri/wire/mux.js';
import {
  TTRPC_MESSAGE_BYTES,
  TtrpcReader,
  ttrpcMessage,
} from '../../../../src/node-enforcer/nri/wire/ttrpc.js';

/** A buffer in pieces, cut at places that depend on `cuts`. */
const inPieces = (whole: Buffer, cuts: readonly number[]): readonly Buffer[] => {
  const places = [0, ...cuts.map((cut) => cut % (whole.length + 1)), whole.length];
  const sorted = places.sort((a, b) => a - b);
  return sorted.slice(1).map((end, index) => whole.subarray(sorted[index], end));
};

const cuts = fc.array(fc.nat(), { maxLength: 30 });

const message = fc.record(
  {
    connection: fc.constantFrom(1, 2),
    stream: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    type: fc.integer({ min: 0, max: 255 }),
    // Around the size of the first frame, where a message comes to be split.
    body: fc
      .oneof(
        fc.nat(40),
        fc.integer({ min: FIRST_FRAME_BYTES - 20, max: FIRST_FRAME_BYTES + 20 }),
        fc.nat(20_000),
      )
      .map((size) => Buffer.alloc(size, size % 251)),
  },
  { noNullPrototype: true },
);

test('messages of two connections arrive whole and in order, wherever the stream is cut', () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 8 }), cuts, (sent, places) => {
      const stream = Buffer.concat(
        sent.map(({ connection, ...each }) => muxFrames(connection, ttrpcMessage(each))),
      );
      const mux = new MuxReader();
      const readers = new Map([1, 2].map((connection) => [connection, new TtrpcReader()]));
      const received = inPieces(stream, places).flatMap((chunk) =>
        [...mux.push(chunk)].flatMap(({ connection, bytes }) =>
          [...(readers.get(connection)?.push(bytes) ?? [])].map((each) => ({
            connection,
            ...each,
          })),
        ),
      );
      assert.deepEqual(received, sent);
    }),
  );
});

test('frames of the runtime may end anywhere within a message', () => {
  fc.assert(
    fc.property(message, cuts, ({ stream, type, body }, places) => {
      const reader = new TtrpcReader();
      const received = inPieces(ttrpcMessage({ stream, type, body }), places).flatMap((piece) => [
        ...reader.push(piece),
      ]);
      assert.deepEqual(received, [{ stream, type, body }]);
    }),
  );
});

test('no first frame is larger than the buffer that the runtime has for it', () => {
  for (const size of [0, 1, 4095, 4096, 4097, 100_000]) {
    const frames = muxFrames(1, Buffer.alloc(size));
    assert.equal(frames.readUInt32BE(4), Math.min(size, FIRST_FRAME_BYTES));
    const rest = size > FIRST_FRAME_BYTES ? frames.readUInt32BE(8 + FIRST_FRAME_BYTES + 4) : 0;
    assert.equal(rest, Math.max(0, size - FIRST_FRAME_BYTES));
  }
});

test('a frame that is longer than any message is refused before it is read', () => {
  const header = Buffer.from([0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff]);
  assert.throws(() => [...new MuxReader().push(header)], { code: 'NriProtocol' });
});

test('a message that is longer than ttrpc allows is refused before it is read', () => {
  const header = Buffer.alloc(10);
  header.writeUInt32BE(TTRPC_MESSAGE_BYTES + 1, 0);
  assert.throws(() => [...new TtrpcReader().push(header)], { code: 'NriProtocol' });
  assert.throws(
    () => ttrpcMessage({ stream: 1, type: 2, body: Buffer.alloc(TTRPC_MESSAGE_BYTES + 1) }),
    { code: 'NriProtocol' },
  );
});

test('any bytes are messages or refused with a code', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 10 }), (chunks) => {
      const mux = new MuxReader();
      const reader = new TtrpcReader();
      try {
        for (const chunk of chunks)
          for (const { bytes } of mux.push(Buffer.from(chunk))) Array.from(reader.push(bytes));
      } catch (thrown) {
        assert.equal((thrown as { code?: unknown }).code, 'NriProtocol');
      }
    }),
  );
});
