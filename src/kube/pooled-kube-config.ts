/**
 * A kubeconfig with one pool of connections. As it comes, client-node 1.4 makes an agent, and so a TLS
 * connection, for each request. Importing this costs about 80 MB of memory: `kubeconfig.ts` does so
 * only when a kubeconfig is used.
 */
import type { Agent } from 'node:http';
import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import type { RequestContext } from '@kubernetes/client-node';
import { PinfoldError } from '../errors.js';
import { AgentPool } from './agent-pool.js';

/** What makes a connection another one. */
const CONNECTION = [
  'ca',
  'cert',
  'key',
  'pfx',
  'passphrase',
  'servername',
  'rejectUnauthorized',
] as const satisfies readonly (keyof RequestOptions)[];

export class PooledKubeConfig extends KubeConfig {
  readonly #pool = new AgentPool();

  /** Credentials as they are now, and the pool as `agent`. `applyToFetchOptions` comes here too. */
  override async applyToHTTPSOptions(options: RequestOptions): Promise<void> {
    await super.applyToHTTPSOptions(options);
    options.agent = this.#pooled(options);
  }

  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    await super.applySecurityAuthentication(context);
    context.setAgent(await this.agent());
  }

  /** The pool that fits the credentials as they are now. */
  async agent(): Promise<Agent> {
    const options: RequestOptions = {};
    await super.applyToHTTPSOptions(options);
    return this.#pooled(options);
  }

  /** Closes the connections that nothing uses. */
  close(): void {
    this.#pool.close();
  }

  #pooled(options: RequestOptions): Agent {
    const { agent: made } = options;
    if (made === undefined || typeof made === 'boolean')
      throw new PinfoldError('Internal', { problem: 'the kubeconfig library made no agent' });
    const cluster = this.getCurrentCluster();
    const { proxyUrl, server } = cluster ?? {};
    const connection = Object.fromEntries(CONNECTION.map((name) => [name, options[name]]));
    // Agents for proxies and for plain HTTP are kept as the library makes them.
    return proxyUrl === undefined && server?.startsWith('https:') === true
      ? this.#pool.agentFor(connection)
      : this.#pool.keep({ ...connection, proxyUrl }, made);
  }
}
