/** A real node for tests: Debian's newest kernel, containerd, kubelet, in an emulated machine. */
import { after } from 'node:test';
import { useOwnCluster } from '../../cluster/support/cluster.js';
import type { NodeKind } from '../../support/bed/bed.js';
import { useBed } from '../../support/bed/use.js';
import { Node } from './node-handle.js';

export type { Node } from './node-handle.js';

const used: Node[] = [];

/** The node, Ready, with its cluster. Shared by all test files of a run: leave it as it was. */
export const useNode = async (kind: NodeKind = { bpfLsm: true }): Promise<Node> => {
  const bed = useBed();
  const cluster = await useOwnCluster();
  const node = new Node(bed, cluster, await bed.node(kind));
  used.push(node);
  return node;
};

// Belongs to the whole file, because nothing runs yet when it is imported.
after(() => {
  for (const node of used) node.leave();
});
