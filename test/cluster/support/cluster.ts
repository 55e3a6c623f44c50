/** A cluster for tests: the one that KUBECONFIG names, else our own (docs/testing.md). */
import { join } from 'node:path';
import { onPath, output } from '../../support/command.js';
import { useBed } from '../../support/bed/use.js';
import { kubernetes } from './binaries.js';
import { Cluster, OwnCluster } from './cluster-handle.js';

export type { Cluster, OwnCluster } from './cluster-handle.js';

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
