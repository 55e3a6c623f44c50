/** What tests can do with a cluster. */
import type { Bed, ClusterPlace } from '../../support/bed/bed.js';
import { output } from '../../support/command.js';

export class Cluster implements ClusterPlace {
  readonly url: string;
  readonly kubeconfig: string;
  readonly program: string;

  constructor({ url, kubeconfig, program }: ClusterPlace) {
    this.url = url;
    this.kubeconfig = kubeconfig;
    this.program = program;
  }

  /** Standard output of kubectl as administrator. @throws CommandError with what it said */
  kubectl(args: readonly string[], input?: string): Promise<string> {
    const env = { ...process.env, KUBECONFIG: this.kubeconfig };
    return output(this.program, args, { env, ...(input !== undefined && { input }) });
  }

  /** What `kubectl ARGS -o json` says, read. */
  async kubectlJson(args: readonly string[], input?: string): Promise<unknown> {
    return JSON.parse(await this.kubectl([...args, '-o', 'json'], input));
  }
}

/** Our own cluster, of which parts can be taken away. */
export class OwnCluster extends Cluster {
  readonly #bed: Bed;

  constructor(bed: Bed, place: ClusterPlace) {
    super(place);
    this.#bed = bed;
  }

  stopApiServer(): Promise<void> {
    return this.#bed.stopApiServer();
  }

  /** At the same address, with what it stored. */
  startApiServer(): Promise<void> {
    return this.#bed.startApiServer();
  }
}
