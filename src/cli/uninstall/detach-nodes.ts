/** Ends enforcement on every node: a DaemonSet whose pods detach and then wait to be removed. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeClient } from '../../kube/client.js';
import { fieldsOf } from '../../kube/kube-object.js';
import type { KubeObject } from '../../kube/kube-object.js';
import { PODS } from '../../kube/resource.js';
import { hasCode } from '../../kube/status-error.js';
import { OWN_NAMESPACE } from '../../operator/own-namespace.js';
import { FIELD_MANAGER } from '../cluster.js';
import { DAEMON_SETS, NAMESPACE, NODE_DAEMON_SET } from './parts.js';

export interface Uninstalling {
  readonly client: KubeClient;
  readonly say: (text: string) => void;
  /** ms since the epoch. */
  readonly deadline: number;
  readonly signal: AbortSignal;
}

const NAME = 'pinfold-detach';
const DEFAULT_IMAGE = 'pinfold:dev';
const LOOK_MS = 500;
const LABELS = { 'app.kubernetes.io/name': 'pinfold', 'app.kubernetes.io/component': 'detach' };

const absentIf = async <T>(asked: Promise<T>): Promise<T | undefined> => {
  try {
    return await asked;
  } catch (error) {
    if (hasCode(error, 'KubeNotFound')) return undefined;
    throw error;
  }
};

const imageOf = (daemonSet: KubeObject | undefined): string | undefined => {
  const spec = fieldsOf(fieldsOf(fieldsOf(daemonSet).spec).template).spec;
  const { containers } = fieldsOf(spec);
  const image: unknown = Array.isArray(containers) ? fieldsOf(containers[0]).image : undefined;
  return typeof image === 'string' ? image : undefined;
};

const hostPath = (name: string, path: string): object => ({ name, hostPath: { path } });

const daemonSet = (image: string): object => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: NAME, namespace: OWN_NAMESPACE, labels: LABELS },
  spec: {
    selector: { matchLabels: LABELS },
    template: {
      metadata: { labels: LABELS },
      spec: {
        hostPID: true,
        tolerations: [{ operator: 'Exists' }],
        terminationGracePeriodSeconds: 0,
        automountServiceAccountToken: false,
        // Ready means: nothing of Pinfold is in the kernel any more.
        initContainers: [
          {
            name: 'detach',
            image,
            imagePullPolicy: 'IfNotPresent',
            args: ['detach', '--node', '--state', '/var/lib/pinfold'],
            securityContext: { privileged: true },
            volumeMounts: [
              { name: 'bpffs', mountPath: '/sys/fs/bpf' },
              { name: 'cgroup', mountPath: '/sys/fs/cgroup' },
              { name: 'state', mountPath: '/var/lib/pinfold' },
            ],
          },
        ],
        containers: [
          {
            name: 'done',
            image,
            imagePullPolicy: 'IfNotPresent',
            command: ['sleep', 'infinity'],
          },
        ],
        volumes: [
          hostPath('bpffs', '/sys/fs/bpf'),
          hostPath('cgroup', '/sys/fs/cgroup'),
          hostPath('state', '/var/lib/pinfold'),
        ],
      },
    },
  },
});

interface Progress {
  readonly wanted: number;
  readonly ready: number;
  readonly isCurrent: boolean;
}

const progressOf = (set: KubeObject): Progress => {
  const { desiredNumberScheduled, numberReady, observedGeneration } = fieldsOf(
    fieldsOf(set).status,
  );
  const { generation } = fieldsOf(set.metadata);
  return {
    wanted: Number(desiredNumberScheduled ?? 0),
    ready: Number(numberReady ?? 0),
    isCurrent: observedGeneration === generation,
  };
};

const nodeOf = (spec: unknown): string => {
  const { nodeName } = fieldsOf(spec);
  return typeof nodeName === 'string' ? nodeName : 'a node that has no pod yet';
};

/** Nodes whose pod has not detached. */
const unfinished = async (client: KubeClient): Promise<readonly string[]> => {
  const labelSelector = Object.entries(LABELS)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  const pods = await client.list(PODS, { namespace: OWN_NAMESPACE, labelSelector });
  return pods.flatMap((pod) => {
    const { spec, status } = fieldsOf(pod);
    const { conditions } = fieldsOf(status);
    const isReady =
      Array.isArray(conditions) &&
      conditions.some(
        (each) => fieldsOf(each).type === 'Ready' && fieldsOf(each).status === 'True',
      );
    return isReady ? [] : [nodeOf(spec)];
  });
};

/** Returns the nodes that did not detach in time. */
export const detachNodes = async ({
  client,
  say,
  deadline,
  signal,
  image,
}: Uninstalling & { readonly image?: string }): Promise<readonly string[]> => {
  const found = await absentIf(client.get(DAEMON_SETS, NODE_DAEMON_SET));
  // It would put back what is taken away.
  if (found !== undefined) await client.delete(DAEMON_SETS, NODE_DAEMON_SET);
  const by = { fieldManager: FIELD_MANAGER };
  await client.apply(
    NAMESPACE,
    { name: OWN_NAMESPACE },
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name: OWN_NAMESPACE,
        labels: { 'pod-security.kubernetes.io/enforce': 'privileged' },
      },
    },
    by,
  );
  const place = { namespace: OWN_NAMESPACE, name: NAME };
  await client.apply(DAEMON_SETS, place, daemonSet(image ?? imageOf(found) ?? DEFAULT_IMAGE), by);
  for (;;) {
    const { wanted, ready, isCurrent } = progressOf(await client.get(DAEMON_SETS, place));
    if (isCurrent && ready >= wanted) {
      say(`${String(ready)} node(s): nothing is enforced any more`);
      await client.delete(DAEMON_SETS, place);
      return [];
    }
    if (Date.now() >= deadline) {
      const left = await unfinished(client);
      await client.delete(DAEMON_SETS, place);
      return left.length > 0 ? left : ['some'];
    }
    await sleep(LOOK_MS, undefined, { signal });
  }
};
