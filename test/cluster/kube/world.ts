/** What the tests of src/kube share: a namespace of their own, stores that are closed, a line to cut. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { KubeClient } from '../../../src/kube/client.js';
import type { ClientOptions } from '../../../src/kube/client.js';
import { connect } from '../../../src/kube/connect.js';
import type { Credentials } from '../../../src/kube/credentials.js';
import { KubeStore } from '../../../src/kube/kube-store.js';
import type { KubeStoreOptions } from '../../../src/kube/kube-store.js';
import type { StoreEvent } from '../../../src/store/store.js';
import { root } from '../../support/root.js';
import { useCluster } from '../support/cluster.js';
import type { Cluster } from '../support/cluster.js';

let prepared: Promise<Cluster> | undefined;

/** The cluster, with our kinds. */
export const preparedCluster = (): Promise<Cluster> => {
  prepared ??= (async () => {
    const cluster = await useCluster();
    await cluster.kubectl([
      'apply',
      '--server-side',
      '--force-conflicts',
      '-k',
      join(root, 'crds'),
    ]);
    await cluster.kubectl(['wait', 'crd', '--all', '--for=condition=Established', '--timeout=30s']);
    return cluster;
  })();
  return prepared;
};

export class World {
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly client: KubeClient;
  readonly #t: TestContext;

  private constructor(t: TestContext, cluster: Cluster, namespace: string, client: KubeClient) {
    this.#t = t;
    this.cluster = cluster;
    this.namespace = namespace;
    this.client = client;
  }

  /** A fresh namespace, removed with the test. */
  static async of(t: TestContext): Promise<World> {
    const cluster = await preparedCluster();
    const namespace = `kube-${randomBytes(4).toString('hex')}`;
    const { kubeconfig } = cluster;
    const client = await connect({ kubeconfig });
    await cluster.kubectl(['create', 'namespace', namespace]);
    t.after(async () => {
      client.credentials.close();
      await cluster.kubectl(['delete', 'namespace', namespace, '--wait=false']);
    });
    return new World(t, cluster, namespace, client);
  }

  /** The same cluster by other credentials or with other options. */
  clientOf(credentials: Credentials, options?: ClientOptions): KubeClient {
    this.#t.after(() => {
      credentials.close();
    });
    return new KubeClient(credentials, options);
  }

  /** A store that is started, and closed with the test. */
  store(options: Partial<KubeStoreOptions> = {}): KubeStore {
    const store = new KubeStore({
      client: this.client,
      fieldManager: 'pinfold-operator',
      reporter: { controller: 'pinfold.dev/operator', instance: 'test' },
      ...options,
    });
    store.start();
    this.#t.after(() => store.close());
    return store;
  }

  /** What a store announces of this world's namespace, one at a time, in order. */
  announcements(store: KubeStore): () => Promise<StoreEvent> {
    const controller = new AbortController();
    this.#t.after(() => {
      controller.abort();
    });
    const events = store.watch(controller.signal)[Symbol.asyncIterator]();
    return async () => {
      for (;;) {
        const next = await events.next();
        if (next.done === true) throw new Error('the store ended its watch');
        const event = next.value;
        const namespace =
          event.kind === 'Applied' ? event.object.metadata.namespace : event.key?.namespace;
        if (namespace === this.namespace) return event;
      }
    };
  }

  /** Applies a SecurityProfile as a user would. */
  applyProfile(name: string, mode = 'Audit', path = '/bin/ls'): Promise<string> {
    return this.kubectl(
      ['apply', '-f', '-'],
      JSON.stringify({
        apiVersion: 'pinfold.dev/v1alpha1',
        kind: 'SecurityProfile',
        metadata: { name, namespace: this.namespace },
        spec: {
          mode,
          selector: { podSelector: {} },
          rules: { exec: { allow: [{ path }] } },
        },
      }),
    );
  }

  /** kubectl in this world's namespace. */
  kubectl(args: readonly string[], input?: string): Promise<string> {
    return this.cluster.kubectl(['-n', this.namespace, ...args], input);
  }

  async json(args: readonly string[]): Promise<Json> {
    return JSON.parse(await this.kubectl([...args, '-o', 'json'])) as Json;
  }
}

/** As much of an answer of kubectl as tests look into. */
export interface Json {
  readonly metadata: {
    readonly name: string;
    readonly resourceVersion: string;
    readonly managedFields?: readonly { readonly manager: string; readonly subresource?: string }[];
  };
  readonly items: readonly Json[];
  readonly [field: string]: unknown;
}
