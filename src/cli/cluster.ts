/** The cluster that a command of a person works with, as a store that is asked once and not followed. */
import { userInfo } from 'node:os';
import { connect } from '../kube/connect.js';
import type { KubeClient } from '../kube/client.js';
import { KubeStore } from '../kube/kube-store.js';

export interface ClusterOptions {
  readonly kubeconfig?: string;
  readonly kubeContext?: string;
}

/** Owner of the fields that people set through the command line; design §3. */
export const FIELD_MANAGER = 'pinfold-cli';

export interface Cluster {
  readonly client: KubeClient;
  readonly store: KubeStore;
  close(): Promise<void>;
}

/** @throws PinfoldError KubeconfigUnusable */
export const openCluster = async ({
  kubeconfig,
  kubeContext,
}: ClusterOptions): Promise<Cluster> => {
  const client = await connect({
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(kubeContext === undefined ? {} : { context: kubeContext }),
  });
  const store = new KubeStore({
    client,
    fieldManager: FIELD_MANAGER,
    reporter: { controller: 'pinfold.dev/cli', instance: userInfo().username },
    watched: [],
  });
  return {
    client,
    store,
    close: async () => {
      await store.close();
      client.credentials.close();
    },
  };
};
