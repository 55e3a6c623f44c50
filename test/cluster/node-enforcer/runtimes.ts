/** Container runtimes that do not take a plugin, each at a socket. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { ttrpcRequest, ttrpcResponse } from '../../../src/node-enforcer/nri/wire/messages.js';
import { MuxReader, muxFrames } from '../../../src/node-enforcer/nri/wire/mux.js';
import { TtrpcReader, ttrpcMessage } from '../../../src/node-enforcer/nri/wire/ttrpc.js';

/** Connection of the mux on which plugins call the runtime, and ttrpc's type of an answer. */
const RUNTIME = 2;
const RESPONSE = 2;

const refusing = (socket: Socket): void => {
  const mux = new MuxReader();
  const reader = new TtrpcReader();
  socket.on('data', (chunk) => {
    for (const { connection, bytes } of mux.push(chunk))
      for (const { stream, body } of connection === RUNTIME ? reader.push(bytes) : []) {
        const { method } = ttrpcRequest.decode(body);
        const status = { code: 2, message: `no ${method} here` };
        const answer = { stream, type: RESPONSE, body: ttrpcResponse.encode({ status }) };
        socket.write(muxFrames(RUNTIME, ttrpcMessage(answer)));
      }
  });
};

export class UnwillingRuntime {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(answer: (socket: Socket) => void) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      // What is said of a plugin that left is said in the test's own words.
      socket.on('error', () => undefined);
      answer(socket);
    });
  }

  /** `Silent`: takes connections, and no more. `Refusing`: answers every call with an error. */
  static async at(path: string, how: 'Silent' | 'Refusing'): Promise<UnwillingRuntime> {
    const runtime = new UnwillingRuntime(how === 'Refusing' ? refusing : () => undefined);
    await once(runtime.#server.listen(path), 'listening');
    return runtime;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server.close(), 'close');
  }
}
