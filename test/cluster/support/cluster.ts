/** A cluster for tests: the one that KUBECONFIG names, else our own (docs/testing.md). */
import { join } from 'node:path';
import { onPath, output } from '../../support/command.js';
import type { Bed, ClusterPlace } from '../../support/bed/bed.js';
import { useBed } from '../../support/bed/use.js';
import { kubernetes } from './binaries.js';

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

/** Our own cluster, whatever KUBECONFIG says. Shared by all test files of a run: leave it as it was. */
export const useOwnCluster = async (): Promise<OwnCluster> => {
  const bed = useBed();
  return new OwnCluster(bed, await bed.cluster());
};

/** A cluster with the administrator's rights. Shared by all test files of a run: use namespaces. */
export const useCluster = async (): Promise<Cluster> => {
  const { KUBECONFIG: kubeconfig = '' } = process.env;
  if (kubeconfig === '') return useOwnCluster();
  const program = onPath('kubectl') ?? join(await kubernetes(), 'kubectl');
  const server = ['config', 'view', '--minify', '-o', 'jsonpath={.clusters[0].cluster.server}'];
  return new Cluster({ kubeconfig, program, url: await output(program, server) });
};
