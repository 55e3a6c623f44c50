/** The parts of config/ that a node enforcer needs of a cluster: our kinds, its account, rights and limits. */
import { join } from 'node:path';
import { root } from '../../support/root.js';
import { until } from '../../support/until.js';
import type { OwnCluster } from '../support/cluster.js';

const PARTS = ['namespace', 'node-rights', 'node-writes'].map((name) =>
  join(root, 'config', `${name}.yaml`),
);

/** Applies them, also to put back what a test changed. */
export const applyNodeRights = async (cluster: OwnCluster): Promise<void> => {
  for (const file of PARTS) await cluster.kubectl(['apply', '-f', file]);
};

export const installForNodes = async (cluster: OwnCluster): Promise<void> => {
  const force = ['--server-side', '--force-conflicts'];
  await cluster.kubectl(['apply', ...force, '-k', join(root, 'crds')]);
  await cluster.kubectl(['wait', 'crd', '--all', '--for=condition=Established', '--timeout=30s']);
  await applyNodeRights(cluster);
  await until('the service account can have tokens', 20, async () => {
    await cluster.kubectl(['-n', 'pinfold', 'create', 'token', 'pinfold-node']);
    return true;
  });
};

/** Leaves the cluster as it was; our kinds stay, as other suites leave them too. */
export const uninstallForNodes = async (cluster: OwnCluster): Promise<void> => {
  for (const file of PARTS.toReversed())
    await cluster.kubectl(['delete', '--ignore-not-found', '-f', file, '--timeout=60s']);
};
