/** What tests can do with a node. */
import { buildImage } from '../../../scripts/image/build.js';
import type { OwnCluster } from '../../cluster/support/cluster-handle.js';
import type { Bed, NodePlace } from '../../support/bed/bed.js';
import type { Finished } from '../../support/command.js';
import { Guest } from './guest.js';
import { withFileServed } from './serve-file.js';

export class Node {
  readonly name: string;
  /** Whose node it is. */
  readonly cluster: OwnCluster;
  /** File with what its kernel and systemd printed. */
  readonly console: string;
  readonly #guest: Guest;
  readonly #bed: Bed;

  constructor(bed: Bed, cluster: OwnCluster, { name, agent, console }: NodePlace) {
    this.#bed = bed;
    this.cluster = cluster;
    this.name = name;
    this.console = console;
    this.#guest = new Guest(agent);
  }

  /** Standard output of a shell command, run as root. @throws CommandError where its status is not 0 */
  run(command: string, input?: string | Uint8Array): Promise<string> {
    return this.#guest.run(command, input);
  }

  /** The same, whatever its status. */
  finish(command: string, input?: string | Uint8Array): Promise<Finished> {
    return this.#guest.finish(command, input);
  }

  /** What its clock says, ms since the epoch. */
  time(): Promise<number> {
    return this.#guest.time();
  }

  /** Copies a file of ours to this path there. */
  async copyIn(file: string, path: string): Promise<void> {
    await withFileServed(file, (url) => this.run(`curl -fsS ${url} --output ${path}`));
  }

  /** Makes an image archive known to the kubelet: use it with `imagePullPolicy: Never`. */
  async importImage(archive: string): Promise<void> {
    const load = 'ctr --namespace k8s.io images import -';
    await withFileServed(archive, (url) => this.run(`curl -fsS ${url} | ${load}`));
  }

  /** Makes our image, as the checkout is now, known to it as `pinfold:dev`. */
  async importOwnImage(): Promise<void> {
    await this.importImage((await buildImage()).upper);
  }

  /** Throws it away, for a test that broke it: who asks next gets a fresh one. */
  async discard(): Promise<void> {
    this.leave();
    await this.#bed.stopNode();
  }

  /** Lets other processes speak to its agent. */
  leave(): void {
    this.#guest.close();
  }
}
