/** One HTTP exchange with the API server over the pool; errors of the network are told apart. */
import type { IncomingMessage } from 'node:http';
import { PinfoldError, reasonOf } from '../errors.js';
import type { Credentials } from './credentials.js';
import { http, https } from './node-http.js';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With the query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** What it is, for messages. */
  readonly verb: string;
  readonly resource: string;
}

export interface HttpResponse {
  readonly status: number;
  readonly retryAfterMs?: number;
  readonly body: string;
}

/** TCP probes begin after this time of silence, ms: a peer that vanished is noticed by them. */
const PROBE_MS = 30_000;

/** What a signal aborts with when the time for a request is over. */
const TOO_LATE = new Error('too late');

/** An aborted signal's own reason, so that callers can tell their abort from a failure. */
const reasonOfAbort = (signal: AbortSignal): unknown => signal.reason;

const failure = (
  { server }: Credentials,
  { verb, resource }: HttpRequest,
  signal: AbortSignal,
  cause: unknown,
): unknown => {
  if (signal.aborted && signal.reason !== TOO_LATE) return reasonOfAbort(signal);
  if (cause instanceof PinfoldError) return cause;
  return signal.aborted
    ? new PinfoldError('KubeTimeout', { server: server.host, verb, resource })
    : new PinfoldError(
        'KubeUnreachable',
        { server: server.host, problem: reasonOf(cause) },
        { cause },
      );
};

/** Sends a request and resolves with the head of the answer. The signal ends the whole exchange. */
const send = async (
  credentials: Credentials,
  { method, path, headers, body }: HttpRequest,
  signal: AbortSignal,
): Promise<IncomingMessage> => {
  signal.throwIfAborted();
  const { agent, headers: own } = await credentials.access();
  const { server } = credentials;
  const url = new URL(`${server.pathname.replace(/\/$/, '')}${path}`, server);
  const { request } = server.protocol === 'http:' ? http : https;
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      method,
      agent,
      signal,
      headers: { accept: 'application/json', 'user-agent': 'pinfold', ...own, ...headers },
    });
    outgoing.on('socket', (socket) => {
      socket.setKeepAlive(true, PROBE_MS);
    });
    // Stays after the answer began: a late error is the answer's to report.
    outgoing.on('error', reject);
    outgoing.once('response', resolve);
    outgoing.end(body);
  });
};

/** `Retry-After` in its form of seconds, as ms. The API server uses no other. */
const retryAfterOf = ({ headers }: IncomingMessage): number | undefined => {
  const seconds = Number(headers['retry-after'] ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
};

const read = async (incoming: IncomingMessage): Promise<HttpResponse> => {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const retryAfterMs = retryAfterOf(incoming);
  return {
    status: incoming.statusCode ?? 0,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    body: Buffer.concat(chunks).toString('utf8'),
  };
};

/** A signal that follows another one and can be aborted by itself; `release` lets go of the other. */
const follow = (
  signal: AbortSignal | undefined,
): { readonly own: AbortController; readonly release: () => void } => {
  const own = new AbortController();
  const abort = (): void => {
    own.abort(signal?.reason);
  };
  if (signal?.aborted === true) abort();
  signal?.addEventListener('abort', abort, { once: true });
  return {
    own,
    release: () => {
      signal?.removeEventListener('abort', abort);
    },
  };
};

/**
 * The whole answer, whatever its status. `timeoutMs` counts from the call to the last byte. Throws
 * KubeTimeout, KubeUnreachable, what `credentials` throws, or the reason of an aborted signal.
 */
export const exchange = async (
  credentials: Credentials,
  request: HttpRequest,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<HttpResponse> => {
  const { own, release } = follow(signal);
  const timer = setTimeout(() => {
    own.abort(TOO_LATE);
  }, timeoutMs);
  try {
    return await read(await send(credentials, request, own.signal));
  } catch (cause) {
    throw failure(credentials, request, own.signal, cause);
  } finally {
    clearTimeout(timer);
    release();
  }
};

/** An answer without an end; or one that is an ordinary refusal. */
export type Stream =
  | { readonly kind: 'Open'; readonly chunks: AsyncIterable<Buffer>; readonly close: () => void }
  | { readonly kind: 'Refused'; readonly response: HttpResponse };

/** As `exchange`, but hands out the body as it comes; `timeoutMs` is for the head only. */
export const stream = async (
  credentials: Credentials,
  request: HttpRequest,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Stream> => {
  const { own, release } = follow(signal);
  const timer = setTimeout(() => {
    own.abort(TOO_LATE);
  }, timeoutMs);
  const close = (): void => {
    release();
    own.abort();
  };
  try {
    const incoming = await send(credentials, request, own.signal);
    if (incoming.statusCode !== 200) {
      const response = await read(incoming);
      release();
      return { kind: 'Refused', response };
    }
    return { kind: 'Open', chunks: chunksOf(incoming, credentials, request, own.signal), close };
  } catch (cause) {
    release();
    throw failure(credentials, request, own.signal, cause);
  } finally {
    clearTimeout(timer);
  }
};

async function* chunksOf(
  incoming: IncomingMessage,
  credentials: Credentials,
  request: HttpRequest,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    for await (const chunk of incoming) yield chunk as Buffer;
  } catch (cause) {
    throw failure(credentials, request, signal, cause);
  }
}
