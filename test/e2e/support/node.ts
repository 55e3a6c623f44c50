/** A real node for tests: Debian's newest kernel, containerd, kubelet, in an emulated machine. */
import { after } from 'node:test';
import { buildImage } from '../../../scripts/image/build.js';
import { OwnCluster } from '../../cluster/support/cluster.js';
import type { Bed, NodeKind, NodePlace } from '../../support/bed/bed.js';
import { useBed } from '../../support/bed/use.js';
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

const used: Node[] = [];

/** The node, Ready, with its cluster. Shared by all test files of a run: leave it as it was. */
export const useNode = async (kind: NodeKind = { bpfLsm: true }): Promise<Node> => {
  const bed = useBed();
  const cluster = new OwnCluster(bed, await bed.cluster());
  const node = new Node(bed, cluster, await bed.node(kind));
  used.push(node);
  return node;
};

// Belongs to the whole file, because nothing runs yet when it is imported.
after(() => {
  for (const node of used) node.leave();
});
