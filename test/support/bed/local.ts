/** A test bed that this process owns. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ControlPlane } from '../../cluster/support/control-plane.js';
import { kubernetes } from '../../cluster/support/binaries.js';
import { OwnNode } from '../../e2e/support/own-node.js';
import type { Bed, ClusterPlace, NodeKind, NodePlace } from './bed.js';

const PREFIX = 'pinfold-bed-';

/** A folder of this process; those of processes that are gone (killed) are removed. */
const ownFolder = (): string => {
  for (const name of readdirSync(tmpdir())) {
    const [, pid] = new RegExp(`^${PREFIX}(\\d+)-`).exec(name) ?? [];
    if (pid !== undefined && !existsSync(`/proc/${pid}`))
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
  return mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
};

export class LocalBed implements Bed {
  readonly folder = ownFolder();
  #cluster: Promise<ControlPlane> | undefined;
  #node: { readonly kind: NodeKind; readonly started: Promise<OwnNode> } | undefined;

  async cluster(): Promise<ClusterPlace> {
    const { url, kubeconfig } = await this.#controlPlane();
    return { url, kubeconfig, program: join(await kubernetes(), 'kubectl') };
  }

  async stopApiServer(): Promise<void> {
    await (await this.#controlPlane()).stopApiServer();
  }

  async startApiServer(): Promise<void> {
    await (await this.#controlPlane()).startApiServer();
  }

  async node(kind: NodeKind): Promise<NodePlace> {
    if (this.#node?.kind.bpfLsm !== kind.bpfLsm) {
      await this.stopNode();
      this.#node = { kind, started: this.#startNode(kind) };
    }
    const { name, machine } = await this.#node.started;
    return { name, agent: machine.guest.socket, console: machine.console };
  }

  async stopNode(): Promise<void> {
    const node = this.#node;
    this.#node = undefined;
    await (await node?.started)?.stop();
  }

  /** Ends all of it and removes what it wrote. */
  async close(): Promise<void> {
    try {
      await this.stopNode();
      await (await this.#cluster)?.stop();
    } finally {
      this.forget();
    }
  }

  /** Removes what it wrote, where there is no time for more: the kernel ends the programs with us. */
  forget(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #startNode(kind: NodeKind): Promise<OwnNode> {
    const folder = mkdtempSync(join(this.folder, 'node-'));
    return OwnNode.start(await this.#controlPlane(), kind, folder);
  }

  #controlPlane(): Promise<ControlPlane> {
    if (this.#cluster === undefined) {
      const folder = join(this.folder, 'cluster');
      mkdirSync(folder);
      this.#cluster = ControlPlane.start(folder);
    }
    return this.#cluster;
  }
}
