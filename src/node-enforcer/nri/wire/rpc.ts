/** Calls in both directions over one trunk: we serve connection 1 and are the client on connection 2. */
import { PinfoldError, reasonOf } from '../../../errors.js';
import { ttrpcRequest, ttrpcResponse } from './messages.js';
import { MuxReader, PLUGIN_CONNECTION, RUNTIME_CONNECTION, muxFrames } from './mux.js';
import { MESSAGE_TYPE, STATUS, TtrpcReader, ttrpcMessage } from './ttrpc.js';
import type { TtrpcMessage } from './ttrpc.js';

/** What a call is answered with. */
export type Reply =
  | { readonly kind: 'Answer'; readonly payload: Buffer }
  | { readonly kind: 'Failure'; readonly code: number; readonly message: string };

export type Serve = (method: string, payload: Buffer) => Reply | Promise<Reply>;

/** The runtime serialises its calls; more than these at once is no runtime. */
const CALLS_AT_ONCE = 64;

/** Longer texts are cut: an answer has to fit into one message. */
const FAILURE_CHARACTERS = 256 * 1024;

const failure = (code: number, message: string): Reply => ({ kind: 'Failure', code, message });

interface Pending {
  readonly resolve: (payload: Buffer) => void;
  readonly reject: (error: PinfoldError) => void;
}

export class Rpc {
  readonly #send: (bytes: Buffer) => void;
  readonly #service: string;
  readonly #serve: Serve;
  readonly #trunk = new MuxReader();
  readonly #incoming = new Map([
    [PLUGIN_CONNECTION, new TtrpcReader()],
    [RUNTIME_CONNECTION, new TtrpcReader()],
  ]);
  readonly #pending = new Map<number, Pending>();
  #nextStream = 1;
  #lastServed = 0;
  #serving = 0;
  readonly #whenIdle: (() => void)[] = [];

  /** `serve` answers calls of `service` and never throws. */
  constructor(service: string, serve: Serve, send: (bytes: Buffer) => void) {
    this.#service = service;
    this.#serve = serve;
    this.#send = send;
  }

  /** How many calls of the runtime are not yet answered. */
  get serving(): number {
    return this.#serving;
  }

  /** Resolves at a moment at which every call of the runtime has its answer. */
  idle(): Promise<void> {
    return this.#serving === 0
      ? Promise.resolve()
      : new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  /** Takes what came from the socket. @throws PinfoldError NriProtocol; the connection is of no use then */
  receive(chunk: Buffer): void {
    for (const { connection, bytes } of this.#trunk.push(chunk))
      // The other side drops connections that it does not know in the same way.
      for (const message of this.#incoming.get(connection)?.push(bytes) ?? [])
        if (connection === PLUGIN_CONNECTION) this.#onCall(message);
        else this.#onReply(message);
  }

  /** Calls the runtime. @throws PinfoldError NriRefused with its words, or what `close` was given */
  call(service: string, method: string, payload: Buffer): Promise<Buffer> {
    const stream = this.#nextStream;
    this.#nextStream += 2;
    return new Promise((resolve, reject) => {
      this.#pending.set(stream, { resolve, reject });
      const body = ttrpcRequest.encode({ service, method, payload });
      this.#write(RUNTIME_CONNECTION, { stream, type: MESSAGE_TYPE.request, body });
    });
  }

  /** Ends what was called and will have no answer. */
  close(reason: PinfoldError): void {
    for (const { reject } of this.#pending.values()) reject(reason);
    this.#pending.clear();
  }

  #onReply({ stream, type, body }: TtrpcMessage): void {
    const pending = this.#pending.get(stream);
    if (pending === undefined || type !== MESSAGE_TYPE.response) return;
    this.#pending.delete(stream);
    const { status, payload } = ttrpcResponse.decode(body);
    if (status === undefined || status.code === STATUS.ok) pending.resolve(payload);
    else pending.reject(new PinfoldError('NriRefused', { problem: status.message }));
  }

  #onCall({ stream, type, body }: TtrpcMessage): void {
    const wrong = this.#whyNotServed(stream, type);
    if (wrong !== undefined) {
      this.#answer(stream, wrong);
      return;
    }
    this.#lastServed = stream;
    this.#serving += 1;
    void this.#replyTo(body).then((reply) => {
      this.#serving -= 1;
      this.#answer(stream, reply);
      if (this.#serving === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
    });
  }

  #whyNotServed(stream: number, type: number): Reply | undefined {
    if (type !== MESSAGE_TYPE.request)
      return failure(STATUS.invalidArgument, 'only calls with one request are served');
    if (stream % 2 !== 1 || stream <= this.#lastServed)
      return failure(STATUS.invalidArgument, 'a stream id must be odd and grow');
    return this.#serving < CALLS_AT_ONCE
      ? undefined
      : failure(STATUS.resourceExhausted, 'too many calls at once');
  }

  async #replyTo(body: Buffer): Promise<Reply> {
    try {
      const { service, method, payload } = ttrpcRequest.decode(body);
      return service === this.#service
        ? await this.#serve(method, payload)
        : failure(STATUS.unimplemented, `service ${service} is not served`);
    } catch (thrown) {
      return failure(STATUS.invalidArgument, reasonOf(thrown));
    }
  }

  #answer(stream: number, reply: Reply): void {
    const body =
      reply.kind === 'Answer'
        ? ttrpcResponse.encode({ payload: reply.payload })
        : ttrpcResponse.encode({
            status: { code: reply.code, message: reply.message.slice(0, FAILURE_CHARACTERS) },
          });
    this.#write(PLUGIN_CONNECTION, { stream, type: MESSAGE_TYPE.response, body });
  }

  #write(connection: number, message: TtrpcMessage): void {
    this.#send(muxFrames(connection, ttrpcMessage(message)));
  }
}
