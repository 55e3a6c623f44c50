/** Finds the cluster that a program is meant to work with. */
import { KubeClient } from './client.js';
import type { ClientOptions } from './client.js';
import { inClusterCredentials, isInCluster } from './in-cluster.js';
import { kubeconfigCredentials, loadKubeconfig } from './kubeconfig.js';
import type { KubeconfigOptions } from './kubeconfig.js';

/**
 * By `--kubeconfig` or `--context` if given, else by KUBECONFIG, else as the pod's service account,
 * else by ~/.kube/config: as kubectl does. Throws KubeconfigUnusable.
 */
export const connect = async (
  { kubeconfig, context }: KubeconfigOptions = {},
  options: ClientOptions = {},
): Promise<KubeClient> => {
  const isAsked = kubeconfig !== undefined || context !== undefined;
  const credentials =
    !isAsked && (process.env.KUBECONFIG ?? '') === '' && isInCluster()
      ? await inClusterCredentials()
      : kubeconfigCredentials(
          await loadKubeconfig({
            ...(kubeconfig === undefined ? {} : { kubeconfig }),
            ...(context === undefined ? {} : { context }),
          }),
        );
  return new KubeClient(credentials, options);
};
