/** A test bed that this process owns. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ControlPlane } from '../../cluster/support/control-plane.js';
import { kubernetes } from '../../cluster/support/binaries.js';
import type { Bed, ClusterPlace } from './bed.js';

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

  /** Ends all of it and removes what it wrote. */
  async close(): Promise<void> {
    try {
      await (await this.#cluster)?.stop();
    } finally {
      this.forget();
    }
  }

  /** Removes what it wrote, where there is no time for more: the kernel ends the programs with us. */
  forget(): void {
    rmSync(this.folder, { recursive: true, force: true });
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
