/** One connection to the runtime, from connecting to its end. */
import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { PinfoldError, reasonOf } from '../../errors.js';
import { failureFrom, failureOf } from './failure.js';
import type { Failure } from './machine.js';
import { registerPluginRequest } from './wire/messages.js';
import { Rpc } from './wire/rpc.js';
import type { Serve } from './wire/rpc.js';

const PLUGIN_SERVICE = 'nri.pkg.api.v1alpha1.Plugin';
const RUNTIME_SERVICE = 'nri.pkg.api.v1alpha1.Runtime';
/** Answers are small; a runtime that leaves this many bytes of them unread reads no more. */
const UNREAD_AT_MOST = 16 * 1024 * 1024;

export interface SessionOwner {
  readonly serve: Serve;
  readonly connected: () => void;
  /** Comes once, also if no connection came about; not after `close`. */
  readonly lost: (failure: Failure) => void;
}

export class Session {
  readonly #socketPath: string;
  readonly #owner: SessionOwner;
  readonly #socket: Socket;
  readonly #rpc: Rpc;
  #isConnected = false;
  #isOver = false;

  constructor(socketPath: string, owner: SessionOwner) {
    this.#socketPath = socketPath;
    this.#owner = owner;
    this.#rpc = new Rpc(PLUGIN_SERVICE, owner.serve, (bytes) => {
      this.#send(bytes);
    });
    this.#socket = createConnection({ path: socketPath });
    this.#socket.on('connect', () => {
      this.#isConnected = true;
      owner.connected();
    });
    this.#socket.on('data', (chunk) => {
      this.#receive(chunk);
    });
    this.#socket.on('error', (error) => {
      this.#end(this.#failureOf(reasonOf(error)));
    });
    this.#socket.on('close', () => {
      this.#end(this.#failureOf('the runtime closed it'));
    });
  }

  /** Registers the plugin; a refusal ends the session. */
  register(name: string, index: string): void {
    const payload = registerPluginRequest.encode({ pluginName: name, pluginIdx: index });
    this.#rpc.call(RUNTIME_SERVICE, 'RegisterPlugin', payload).catch((thrown: unknown) => {
      this.#end(failureFrom(thrown, 'NriRefused'));
    });
  }

  /** Resolves at a moment at which the runtime waits for no answer. */
  idle(): Promise<void> {
    return this.#rpc.idle();
  }

  /** Ends it from our side: nothing is reported any more. */
  close(): void {
    this.#isOver = true;
    // What was written last may be an answer: it is sent first.
    this.#socket.destroySoon();
    this.#rpc.close(new PinfoldError('NriLost', { problem: 'closed by us' }));
  }

  #failureOf(problem: string): Failure {
    if (!this.#isConnected)
      return failureOf('NriUnavailable', { socket: this.#socketPath, problem });
    const { serving } = this.#rpc;
    const detail = serving === 0 ? '' : `, with ${String(serving)} call(s) not yet answered`;
    return failureOf('NriLost', { problem: `${problem}${detail}` });
  }

  #receive(chunk: Buffer): void {
    if (this.#isOver) return;
    try {
      this.#rpc.receive(chunk);
    } catch (thrown) {
      this.#end(failureFrom(thrown, 'NriProtocol'));
    }
  }

  #send(bytes: Buffer): void {
    if (this.#isOver) return;
    this.#socket.write(bytes);
    if (this.#socket.writableLength > UNREAD_AT_MOST)
      this.#end(failureOf('NriProtocol', { problem: 'it reads no answers any more' }));
  }

  #end(failure: Failure): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#socket.destroy();
    this.#rpc.close(new PinfoldError('NriLost', { problem: failure.message }));
    this.#owner.lost(failure);
  }
}
