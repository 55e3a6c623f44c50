/** The control-plane part, at this machine's own speed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../../src/kube/connect.js';
import { Peer } from '../../../test/nri/support/peer.js';
import { until } from '../../../test/support/until.js';
import type { OwnCluster } from '../../../test/cluster/support/cluster-handle.js';
import { changeMany, applyChange } from '../changes.js';
import type { ChangeTimes, Changing } from '../changes.js';
import { Followed, MOMENTS } from '../followed.js';
import { NAMESPACE } from '../profile.js';
import type { Idle, Memory } from '../process-cost.js';
import { bareNode, idleCosts } from './idle.js';
import { KernelView } from './kernel-view.js';
import { NativeNode } from './native-node.js';
import { swapMany } from './policy-swap.js';
import { startMany } from './starts.js';
import type { StartPair } from './starts.js';

const CHANGES = { count: 50, warmUp: 3 };
const STARTS = 50;
const SWAPS = 50;
const IDLE_SECONDS = 10;

export interface NativeSamples {
  readonly changes: readonly ChangeTimes[];
  readonly swaps: readonly number[];
  readonly starts: readonly StartPair[];
  readonly enforcer: Idle;
  readonly operator: Idle;
  readonly bareNode: Memory;
}

const startsOf = async (
  node: NativeNode,
  peer: string,
  signal: AbortSignal,
): Promise<readonly StartPair[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'pinfold-bare-runtime-'));
  const bare = await Peer.start(peer, { socket: join(folder, 'nri.sock') });
  try {
    return await startMany(bare, node.peer, STARTS, signal);
  } finally {
    await bare.kill();
    rmSync(folder, { recursive: true });
  }
};

const changesOf = async (
  node: NativeNode,
  changing: Changing,
  generation: number,
): Promise<readonly ChangeTimes[]> => {
  const view = new KernelView(node.pins, node.container.cgroupId);
  try {
    return await changeMany(
      { ...changing, inForce: (wanted, signal) => view.inForce(wanted, signal) },
      generation,
      CHANGES,
    );
  } finally {
    view.close();
  }
};

const measure = async (
  node: NativeNode,
  cluster: OwnCluster,
  peer: string,
  signal: AbortSignal,
): Promise<NativeSamples> => {
  const client = await connect({ kubeconfig: cluster.kubeconfig });
  const stop = new AbortController();
  const followed = new Followed(client, ({ code, message }) => {
    process.stderr.write(`  ${code}: ${message}\n`);
  });
  const following = followed.run(stop.signal);
  try {
    const generation = await applyChange(client, 0);
    await followed.moments.of(MOMENTS.told(generation), signal);
    const changes = await changesOf(node, { client, followed, signal }, generation);
    process.stderr.write('  changes of a spec\n');
    const starts = await startsOf(node, peer, signal);
    process.stderr.write('  starts of containers\n');
    const pids = [node.enforcer.pid, node.operator.pid];
    const [enforcer, operator] = await idleCosts(pids, IDLE_SECONDS, signal);
    node.mustRun();
    if (enforcer === undefined || operator === undefined) throw new Error('no costs');
    process.stderr.write('  idle processes\n');
    const swaps = swapMany(SWAPS);
    return { changes, swaps, starts, enforcer, operator, bareNode: await bareNode() };
  } finally {
    stop.abort();
    await following;
    client.credentials.close();
  }
};

/** Kinds and namespace; nothing of ours runs as a pod. */
const prepare = async (cluster: OwnCluster, crds: string): Promise<void> => {
  await cluster.kubectl(['apply', '--server-side', '-k', crds]);
  await cluster.kubectl(['wait', 'crd', '--all', '--for=condition=Established', '--timeout=30s']);
  await cluster.kubectl(['create', 'namespace', NAMESPACE]);
};

/** `peer`: the program that is the runtime. */
export const measureNatively = async (
  cluster: OwnCluster,
  crds: string,
  peer: string,
  signal: AbortSignal,
): Promise<NativeSamples> => {
  await prepare(cluster, crds);
  const node = await NativeNode.start(peer, cluster.kubeconfig);
  try {
    return await measure(node, cluster, peer, signal);
  } finally {
    await node.stop();
    await cluster.kubectl(['delete', 'namespace', NAMESPACE, '--wait=false']);
    await cluster.kubectl(['delete', 'nodeenforcement', '--all']);
    await until('the namespace is gone', 60, async () =>
      (await cluster.kubectl(['get', 'namespace', NAMESPACE, '--ignore-not-found'])) === ''
        ? true
        : undefined,
    );
  }
};
