/** Calls in both directions, as bytes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ttrpcRequest, ttrpcResponse } from '../../../../src/node-enforcer/nri/wire/messages.js';
import { MuxReader, muxFrames } from '../../../../src/node-enforcer/nri/wire/mux.js';
import { Rpc } from '../../../../src/node-enforcer/nri/wire/rpc.js';
import type { Serve } from '../../../../src/node-enforcer/nri/wire/rpc.js';
import { PinfoldError } from '../../../../src/errors.js';
import { TtrpcReader, ttrpcMessage } from '../../../../src/node-enforcer/nri/wire/ttrpc.js';

/** An Rpc and what it sent, as messages with their connection. */
const rpcWith = (serve: Serve) => {
  const mux = new MuxReader();
  const readers = new Map([1, 2].map((connection) => [connection, new TtrpcReader()]));
  const sent: { connection: number; stream: number; body: Buffer }[] = [];
  const rpc = new Rpc('Plugin', serve, (bytes) => {
    for (const { connection, bytes: piece } of mux.push(bytes))
      for (const { stream, body } of readers.get(connection)?.push(piece) ?? [])
        sent.push({ connection, stream, body });
  });
  const receive = (connection: number, stream: number, type: number, body: Buffer): void => {
    rpc.receive(muxFrames(connection, ttrpcMessage({ stream, type, body })));
  };
  const call = (stream: number, method: string, service = 'Plugin'): void => {
    receive(1, stream, 1, ttrpcRequest.encode({ service, method, payload: Buffer.from('in') }));
  };
  const answers = () =>
    sent.map(({ stream, body }) => {
      const { status, payload } = ttrpcResponse.decode(body);
      return { stream, code: status?.code ?? 0, payload: payload.toString() };
    });
  return { rpc, sent, receive, call, answers };
};

const echo: Serve = (method, payload) => ({
  kind: 'Answer',
  payload: Buffer.from(`${method}:${payload.toString()}`),
});

test('a call is answered on its stream', async () => {
  const { rpc, call, answers } = rpcWith(echo);
  call(1, 'A');
  call(3, 'B');
  await rpc.idle();
  assert.deepEqual(answers(), [
    { stream: 1, code: 0, payload: 'A:in' },
    { stream: 3, code: 0, payload: 'B:in' },
  ]);
});

test('what is not a call that is served gets a status, and the connection goes on', async () => {
  const { rpc, call, receive, answers } = rpcWith(echo);
  call(1, 'A', 'Other');
  call(2, 'even');
  call(1, 'again');
  receive(1, 3, 3, Buffer.alloc(0));
  receive(1, 5, 1, Buffer.from([0xff]));
  call(7, 'A');
  await rpc.idle();
  const codes = new Map(answers().map(({ stream, code }) => [stream, code]));
  assert.deepEqual(
    answers()
      .filter(({ stream }) => stream === 1)
      .map(({ code }) => code)
      .sort(),
    [12, 3],
  );
  assert.deepEqual(
    [2, 3, 5, 7].map((stream) => codes.get(stream)),
    [3, 3, 3, 0],
  );
});

test('more calls at once than a runtime makes are refused', async () => {
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { rpc, call, answers } = rpcWith(async (method, payload) => {
    await released;
    return echo(method, payload);
  });
  for (let index = 0; index < 65; index += 1) call(2 * index + 1, 'slow');
  assert.equal(rpc.serving, 64);
  release();
  await rpc.idle();
  assert.equal(rpc.serving, 0);
  assert.deepEqual(
    answers()
      .filter(({ code }) => code !== 0)
      .map(({ stream, code }) => [stream, code]),
    [[129, 8]],
  );
  assert.equal(answers().length, 65);
});

test('a failure of any length becomes one message', async () => {
  const { rpc, call, answers } = rpcWith(() => ({
    kind: 'Failure',
    code: 9,
    message: 'ü'.repeat(8 * 1024 * 1024),
  }));
  call(1, 'A');
  await rpc.idle();
  assert.equal(answers()[0]?.code, 9);
});

test('our calls have odd streams that grow, and end with the answer, the refusal or the connection', async () => {
  const { rpc, sent, receive } = rpcWith(echo);
  const calls = ['A', 'B', 'C'].map((method) => rpc.call('Runtime', method, Buffer.alloc(0)));
  assert.deepEqual(
    sent.map(({ connection, stream }) => [connection, stream]),
    [
      [2, 1],
      [2, 3],
      [2, 5],
    ],
  );
  receive(2, 3, 2, ttrpcResponse.encode({ status: { code: 3, message: 'invalid plugin name' } }));
  receive(2, 1, 2, ttrpcResponse.encode({ payload: Buffer.from('out') }));
  receive(2, 99, 2, Buffer.alloc(0));
  assert.equal((await calls[0])?.toString(), 'out');
  await assert.rejects(calls[1] ?? Promise.resolve(), {
    code: 'NriRefused',
    message: /invalid plugin name/,
  });
  rpc.close(new PinfoldError('NriLost', { problem: 'closed' }));
  await assert.rejects(calls[2] ?? Promise.resolve(), { code: 'NriLost' });
});

test('a connection that is not known is passed over', async () => {
  const { rpc, call, receive, answers } = rpcWith(echo);
  receive(9, 1, 1, Buffer.alloc(100));
  call(1, 'A');
  await rpc.idle();
  assert.equal(answers().length, 1);
});
