/** One pool of kept connections, made anew when certificates change. */
import { createHash } from 'node:crypto';
import type { Agent as HttpAgent } from 'node:http';
import type { AgentOptions } from 'node:https';
import { https } from './node-http.js';

/**
 * Connections at once. A watch holds one, and no program of ours watches more than ten kinds; the rest
 * is for requests, which wait for a free one within their deadline.
 */
const MOST_SOCKETS = 32;

/** Kept idle this long, ms: below the 90 s after which API servers and most proxies close them. */
const IDLE_MS = 60_000;

const fingerprint = (options: object): string => {
  const hash = createHash('sha256');
  for (const [name, value] of Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1)))
    if (value !== undefined && typeof value !== 'function')
      hash.update(
        `${name}\0${Buffer.isBuffer(value) ? value.toString('base64') : String(value)}\0`,
      );
  return hash.digest('hex');
};

/** Connections in use go on; none is kept for a next request. */
const retire = (agent: HttpAgent): void => {
  agent.maxFreeSockets = 0;
  for (const sockets of Object.values(agent.freeSockets))
    for (const socket of sockets ?? []) socket.destroy();
};

export class AgentPool {
  #current: { readonly key: string; readonly agent: HttpAgent } | undefined;

  /** The agent for these options: the one before, as long as they are the same. */
  agentFor(options: AgentOptions): HttpAgent {
    return this.#same(
      options,
      () =>
        new https.Agent({
          ...options,
          keepAlive: true,
          timeout: IDLE_MS,
          maxSockets: MOST_SOCKETS,
        }),
    );
  }

  /** As `agentFor`, for agents that somebody else makes and that go through a proxy. */
  keep(options: object, agent: HttpAgent): HttpAgent {
    return this.#same(options, () => agent);
  }

  close(): void {
    if (this.#current !== undefined) retire(this.#current.agent);
    this.#current = undefined;
  }

  #same(options: object, make: () => HttpAgent): HttpAgent {
    const key = fingerprint(options);
    if (this.#current?.key === key) return this.#current.agent;
    this.close();
    const agent = make();
    this.#current = { key, agent };
    return agent;
  }
}
