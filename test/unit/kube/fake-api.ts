/** An API server that says what a test tells it to, for faults that a real one has too rarely. */
import { once } from 'node:events';
import { Agent, createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { KubeClient } from '../../../src/kube/client.js';
import type { ClientOptions } from '../../../src/kube/client.js';
import type { Credentials } from '../../../src/kube/credentials.js';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
}

export type Answer = (response: ServerResponse) => void;

/** A whole answer. */
export const json =
  (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(value));
  };

/** What the API machinery answers where it refuses. */
export const refused = (
  code: number,
  reason: string,
  message = reason,
  headers: Readonly<Record<string, string>> = {},
): Answer => json(code, { kind: 'Status', status: 'Failure', code, reason, message }, headers);

/** A connection that breaks before a word is said. */
export const broken: Answer = (response) => {
  response.destroy();
};

/** Nothing, for ever. */
export const silence: Answer = () => undefined;

/** The lines of a watch; then it stays open, ends, or breaks. */
export const lines =
  (messages: readonly unknown[], then: 'Open' | 'End' | 'Break'): Answer =>
  (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    for (const message of messages) response.write(`${JSON.stringify(message)}\n`);
    if (then === 'End') response.end();
    if (then === 'Break') setImmediate(() => response.destroy());
  };

export const thing = (name: string, resourceVersion: string, uid = `uid-${name}`) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop', uid, resourceVersion },
});

export const listOf = (resourceVersion: string, items: readonly object[], more?: string): Answer =>
  json(200, {
    apiVersion: 'v1',
    kind: 'PodList',
    metadata: { resourceVersion, ...(more === undefined ? {} : { continue: more }) },
    items,
  });

const whole = async (request: IncomingMessage): Promise<string> => {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
};

export class FakeApi {
  /** Everything that was asked, in order. */
  readonly asked: Asked[] = [];
  /** Connections made so far. */
  connections = 0;
  readonly #server: Server;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #sockets = new Set<Socket>();

  private constructor(answer: (asked: Asked, count: number) => Answer) {
    this.#server = createServer((request, response) => {
      void whole(request).then((body) => {
        const { pathname: path, searchParams: query } = new URL(request.url ?? '', 'http://api');
        const asked = { method: request.method ?? '', path, query, body };
        this.asked.push(asked);
        answer(asked, this.asked.length)(response);
      });
    });
    this.#server.on('connection', (socket) => {
      this.connections += 1;
      this.#sockets.add(socket);
    });
  }

  /** `answer` is given what is asked and how many requests there were, this one included. */
  static async start(
    t: TestContext,
    answer: (asked: Asked, count: number) => Answer,
  ): Promise<FakeApi> {
    const api = new FakeApi(answer);
    await once(api.#server.listen(0, '127.0.0.1'), 'listening');
    t.after(async () => {
      api.#agent.destroy();
      for (const socket of api.#sockets) socket.destroy();
      await once(api.#server.close(), 'close');
    });
    return api;
  }

  /** One answer after the other; the last one for ever. */
  static scripted(t: TestContext, ...answers: readonly [Answer, ...Answer[]]): Promise<FakeApi> {
    return FakeApi.start(t, (_, count) => answers[count - 1] ?? answers.at(-1) ?? answers[0]);
  }

  get credentials(): Credentials {
    const { port } = this.#server.address() as AddressInfo;
    return {
      server: new URL(`http://127.0.0.1:${port}`),
      namespace: 'default',
      access: () => Promise.resolve({ agent: this.#agent, headers: {} }),
      close: () => undefined,
    };
  }

  /** A client without long delays. */
  client(options: ClientOptions = {}): KubeClient {
    const backoff = { firstMs: 1, longestMs: 2 };
    return new KubeClient(this.credentials, { backoff, ...options });
  }
}
