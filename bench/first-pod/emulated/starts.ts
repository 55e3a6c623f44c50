/** Containers started by kubelet and containerd, with the enforcer and without it. */
import type { Node } from '../../../test/e2e/support/node-handle.js';
import { until } from '../../../test/support/until.js';
import { LABELS, NAMESPACE } from '../profile.js';
import { criStarts } from './cri-log.js';
import type { CriStart } from './cri-log.js';

/** Containers of the pod of each block. */
const CONTAINERS = 6;

/** Seconds that a pod may take on an emulated machine that others share. */
const PATIENCE = 300;

const podOf = (name: string): unknown => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: NAMESPACE, labels: LABELS },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: Array.from({ length: CONTAINERS }, (_, at) => ({
      name: `c${String(at)}`,
      image: 'busybox:test',
      imagePullPolicy: 'Never',
      command: ['sleep', '86400'],
    })),
  },
});

/** Starts a pod and returns what its containers took. It goes on running. */
export const startBlock = async (node: Node, name: string): Promise<readonly CriStart[]> => {
  const { cluster } = node;
  const from = Math.floor((await node.time()) / 1000);
  await cluster.kubectl(['apply', '--filename', '-'], JSON.stringify(podOf(name)));
  const pod = ['--namespace', NAMESPACE, `pod/${name}`];
  await cluster.kubectl([
    'wait',
    ...pod,
    '--for=condition=Ready',
    `--timeout=${String(PATIENCE)}s`,
  ]);
  const journal = `journalctl --unit containerd --output cat --since=@${String(from)}`;
  return until('containerd has logged the starts', 30, async () => {
    const starts = criStarts(await node.run(journal));
    return starts.length < CONTAINERS ? undefined : starts;
  });
};

export const removePod = async (node: Node, name: string): Promise<void> => {
  await node.cluster.kubectl(['--namespace', NAMESPACE, 'delete', 'pod', name, '--wait']);
};
