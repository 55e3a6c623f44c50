/**
 * A node enforcer as the DaemonSet runs it, on this machine: the command in a process of its own, as the service
 * account of config/, in a mount namespace where what it needs of the kernel can be taken away.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Condition } from '../../../src/api/objects.js';
import { output } from '../../support/command.js';
import { Daemon } from '../../support/daemon.js';
import { root } from '../../support/root.js';
import { until } from '../../support/until.js';
import { pinfold } from '../../unit/cli/support.js';
import type { OwnCluster } from '../support/cluster.js';

/** NodeEnforcement as far as tests look at it. */
export interface NodeView {
  readonly metadata: {
    readonly uid: string;
    readonly ownerReferences?: readonly { readonly kind: string; readonly uid: string }[];
  };
  readonly status?: { readonly conditions?: readonly Condition[] };
}

export interface EnforcerOptions {
  /** Shell commands before it starts, in its mount namespace; `$dir` is a directory of its own. */
  readonly before?: string;
  /** A command that becomes the enforcer, such as one that takes capabilities away. */
  readonly through?: readonly string[];
  /** Arguments besides the usual ones; `$dir` is replaced. */
  readonly args?: readonly string[];
}

const PINFOLD = join(root, 'bin/pinfold');

/** What every node has and this machine may lack, and nothing that outlives the mount namespace. */
const MOUNTS = `
  mount -t bpf bpf /sys/fs/bpf
  mount -t tmpfs none /run
  mkdir -p /run/secrets/kubernetes.io
  cp -r "$dir/account" /run/secrets/kubernetes.io/serviceaccount`;

export class Enforcer {
  readonly node: string;
  readonly directory: string;
  readonly #cluster: OwnCluster;
  readonly #daemon: Daemon;

  private constructor(cluster: OwnCluster, node: string, directory: string, daemon: Daemon) {
    this.#cluster = cluster;
    this.node = node;
    this.directory = directory;
    this.#daemon = daemon;
  }

  /** Makes a Node of that name, and starts it with a token that is bound to it. */
  static async start(
    cluster: OwnCluster,
    node: string,
    { before = '', through = [], args = [] }: EnforcerOptions = {},
  ): Promise<Enforcer> {
    const directory = mkdtempSync(join(tmpdir(), 'pinfold-enforcer-'));
    mkdirSync(join(directory, 'state'));
    await cluster.kubectl(
      ['create', '-f', '-'],
      JSON.stringify({ apiVersion: 'v1', kind: 'Node', metadata: { name: node } }),
    );
    const account = join(directory, 'account');
    const environment = await mountedAccount(cluster, node, account);
    const command = [
      ...['env', '-u', 'KUBECONFIG', ...environment, ...through, process.execPath],
      ...[PINFOLD, 'node-enforcer', '--node', node, '--health-port', '0'],
      ...['--state', join(directory, 'state'), '--audit-log', join(directory, 'audit.jsonl')],
      ...['--nri-socket', join(directory, 'nri.sock'), ...args],
    ];
    const script = `set -e; dir=$1; shift; ${MOUNTS}\n${before}\nexec "$@"`;
    const daemon = new Daemon(
      'unshare',
      ['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', directory, ...command],
      join(directory, 'log'),
    );
    return new Enforcer(cluster, node, directory, daemon);
  }

  /** A shell command in its mount namespace. */
  run(command: string): Promise<string> {
    const { pid } = this.#daemon;
    const script = `set -e; dir=$1; ${command}`;
    return output('nsenter', [
      ...['--target', String(pid), '--mount', '--wdns=/'],
      ...['sh', '-c', script, 'sh', this.directory],
    ]);
  }

  /** `pinfold ARGS` in its mount namespace. */
  async pinfold(...args: readonly string[]): Promise<void> {
    await this.run(`${process.execPath} ${PINFOLD} ${args.join(' ')}`);
  }

  get log(): string {
    return readFileSync(join(this.directory, 'log'), 'utf8');
  }

  async object(): Promise<NodeView> {
    return (await this.#cluster.kubectlJson(['get', 'nodeenforcement', this.node])) as NodeView;
  }

  /** That condition, as soon as it is like this. The process must not have ended meanwhile. */
  condition(type: string, isMeant: (condition: Condition) => boolean): Promise<Condition> {
    return until(
      `${type} of ${this.node}`,
      60,
      async () => {
        const { status } = await this.object();
        return status?.conditions?.find((one) => one.type === type && isMeant(one));
      },
      () => {
        this.mustRun();
      },
    );
  }

  mustRun(): void {
    this.#daemon.mustRun();
  }

  /** Kills it, and takes its node and object out of the cluster. */
  async stop(): Promise<void> {
    await this.#daemon.stop();
    await this.#cluster.kubectl(['delete', 'node', this.node, '--ignore-not-found']);
    await this.#cluster.kubectl(['delete', 'nodeenforcement', this.node, '--ignore-not-found']);
    rmSync(this.directory, { recursive: true });
  }
}

/** Writes what the kubelet mounts for the service account in a pod of that node; what it puts into the environment. */
const mountedAccount = async (
  cluster: OwnCluster,
  node: string,
  directory: string,
): Promise<readonly string[]> => {
  const create = ['-n', 'pinfold', 'create', 'token', 'pinfold-node'];
  const bound = ['--bound-object-kind', 'Node', '--bound-object-name', node];
  const authority = '{.clusters[0].cluster.certificate-authority-data}';
  const view = ['config', 'view', '--raw', '--minify', '-o', `jsonpath=${authority}`];
  mkdirSync(directory);
  writeFileSync(join(directory, 'namespace'), 'pinfold');
  writeFileSync(join(directory, 'token'), await cluster.kubectl([...create, ...bound]));
  writeFileSync(join(directory, 'ca.crt'), Buffer.from(await cluster.kubectl(view), 'base64'));
  const { hostname, port } = new URL(cluster.url);
  return [`KUBERNETES_SERVICE_HOST=${hostname}`, `KUBERNETES_SERVICE_PORT=${port}`];
};

/** What `pinfold status` prints to an administrator. */
export const statusText = async (cluster: OwnCluster): Promise<string> => {
  const { status, stdout, stderr } = await pinfold(['status', '--kubeconfig', cluster.kubeconfig]);
  if (status !== 0) throw new Error(`pinfold status: ${String(status)}\n${stderr}`);
  return stdout;
};

/** Why there can be none here, or false. */
export const skipEnforcer = (): string | false => {
  if (process.getuid?.() !== 0) return 'needs root';
  try {
    execFileSync('unshare', ['--mount', 'true']);
  } catch {
    return 'needs mount namespaces';
  }
  return false;
};
