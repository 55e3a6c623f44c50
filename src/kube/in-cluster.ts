/** Credentials of a pod: its service account's token and CA, read again whenever they rotate. */
import { readFile, stat } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { PinfoldError, reasonOf } from '../errors.js';
import { AgentPool } from './agent-pool.js';
import type { Credentials } from './credentials.js';

/** Where the kubelet mounts them; the API's documented place. */
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

type Environment = Readonly<Record<string, string | undefined>>;

const unusable = (problem: string, cause?: unknown): PinfoldError =>
  new PinfoldError('KubeconfigUnusable', { problem }, { cause });

/** A small file, read again only when it is another one: rotation replaces it by a link. */
class RotatedFile {
  readonly #path: string;
  #read: { readonly version: string; readonly text: string } | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async text(): Promise<string> {
    try {
      const { ino, mtimeMs, size } = await stat(this.#path);
      const version = `${ino} ${mtimeMs} ${size}`;
      if (this.#read?.version !== version)
        this.#read = { version, text: await readFile(this.#path, 'utf8') };
      return this.#read.text;
    } catch (cause) {
      throw unusable(reasonOf(cause), cause);
    }
  }
}

const serverOf = (environment: Environment): URL => {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = environment;
  if (host === undefined || port === undefined)
    throw unusable('KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set');
  return new URL(`https://${isIPv6(host) ? `[${host}]` : host}:${port}`);
};

/** Whether this process runs in a pod with a service account. */
export const isInCluster = (environment: Environment = process.env): boolean =>
  environment.KUBERNETES_SERVICE_HOST !== undefined;

/** Credentials from a mounted service account. Throws KubeconfigUnusable where there is none. */
export const inClusterCredentials = async (
  environment: Environment = process.env,
  directory = SERVICE_ACCOUNT,
): Promise<Credentials> => {
  const server = serverOf(environment);
  const token = new RotatedFile(join(directory, 'token'));
  const authority = new RotatedFile(join(directory, 'ca.crt'));
  const namespace = await new RotatedFile(join(directory, 'namespace')).text();
  const pool = new AgentPool();
  return {
    server,
    namespace: namespace.trim(),
    access: async () => ({
      agent: pool.agentFor({ ca: await authority.text() }),
      headers: { authorization: `Bearer ${(await token.text()).trim()}` },
    }),
    close: () => {
      pool.close();
    },
  };
};
