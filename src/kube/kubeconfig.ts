/** Credentials from a kubeconfig, with everything that those can say: exec plugins, OIDC, proxies. */
import type { RequestOptions } from 'node:https';
import { PinfoldError, reasonOf } from '../errors.js';
import type { Credentials } from './credentials.js';
import { fieldsOf } from './kube-object.js';
import type { PooledKubeConfig } from './pooled-kube-config.js';

export interface KubeconfigOptions {
  /** Path; absent: KUBECONFIG, then ~/.kube/config. */
  readonly kubeconfig?: string;
  /** Name of a context; absent: the current one. */
  readonly context?: string;
}

const unusable = (problem: string, cause?: unknown): PinfoldError =>
  new PinfoldError('KubeconfigUnusable', { problem }, { cause });

/** Reads a kubeconfig. Throws KubeconfigUnusable. */
export const loadKubeconfig = async ({
  kubeconfig,
  context,
}: KubeconfigOptions): Promise<PooledKubeConfig> => {
  // Costs 80 MB of memory, so only where it is needed.
  const { PooledKubeConfig: Config } = await import('./pooled-kube-config.js');
  const config = new Config();
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
  } catch (cause) {
    throw unusable(reasonOf(cause), cause);
  }
  if (context !== undefined) {
    if (config.getContextObject(context) === null)
      throw unusable(`there is no context ${context} in the kubeconfig`);
    config.setCurrentContext(context);
  }
  return config;
};

const serverOf = (config: PooledKubeConfig): URL => {
  const server = config.getCurrentCluster()?.server;
  if (server === undefined) throw unusable('the current context names no cluster');
  if (!URL.canParse(server)) throw unusable(`the server ${server} is no URL`);
  return new URL(server);
};

/** As credentials of our own client. Throws KubeconfigUnusable. */
export const kubeconfigCredentials = (config: PooledKubeConfig): Credentials => ({
  server: serverOf(config),
  namespace: config.getContextObject(config.getCurrentContext())?.namespace ?? 'default',
  access: async () => {
    const options: RequestOptions = {};
    try {
      await config.applyToHTTPSOptions(options);
    } catch (cause) {
      throw unusable(reasonOf(cause), cause);
    }
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(fieldsOf(options.headers)))
      headers[name.toLowerCase()] = String(value);
    // The library gives user name and password in a form of its own.
    if (typeof options.auth === 'string')
      headers.authorization = `Basic ${Buffer.from(options.auth).toString('base64')}`;
    return { agent: await config.agent(), headers };
  },
  close: () => {
    config.close();
  },
});
