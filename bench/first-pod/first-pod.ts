/**
 * One pod, measured: from a changed spec to what is in force, what a start and a denial cost, what the two parts need.
 * The control-plane part runs natively; what needs BPF LSM, kubelet and containerd runs in an emulated node.
 */
import { join } from 'node:path';
import { kernelGaps } from '../needs.js';
import type { Benchmark, BenchmarkResult, Metric } from '../contract.js';
import { OwnCluster } from '../../test/cluster/support/cluster-handle.js';
import { skipOwnCluster } from '../../test/cluster/support/needs.js';
import { skip as skipNode } from '../../test/e2e/support/needs.js';
import { Node } from '../../test/e2e/support/node-handle.js';
import { buildPeer } from '../../test/nri/support/build-peer.js';
import { LocalBed } from '../../test/support/bed/local.js';
import { onPath } from '../../test/support/command.js';
import { root } from '../../test/support/root.js';
import { emulatedMetrics } from './emulated/metrics.js';
import { measureInNode } from './emulated/emulated.js';
import { nativeMetrics } from './native/metrics.js';
import { measureNatively } from './native/native.js';

const PARTS = ['native', 'node'] as const;
type Part = (typeof PARTS)[number];

const chosen = (): readonly Part[] => {
  const only = process.env.PINFOLD_BENCH_ONLY?.split(',');
  return only === undefined ? PARTS : PARTS.filter((part) => only.includes(part));
};

const LACKS: Readonly<Record<Part, () => readonly (string | false)[]>> = {
  native: () => [
    ...kernelGaps(),
    skipOwnCluster,
    onPath('go') === undefined && 'needs Go, to build the runtime’s side of NRI',
  ],
  node: () => [skipNode],
};

const missing = (): readonly string[] => {
  const parts = chosen();
  if (parts.length === 0)
    return [`a part that is called ${String(process.env.PINFOLD_BENCH_ONLY)}: ${PARTS.join(', ')}`];
  const lacks = parts.flatMap((part) => LACKS[part]()).filter((reason) => reason !== false);
  return [...new Set(lacks)];
};

interface Measured {
  readonly metrics: readonly Metric[];
  readonly samples: unknown;
}

/** Rejects when the signal aborts, and never resolves. */
const interruption = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const stop = (): void => {
      reject(new Error('interrupted', { cause: signal.reason }));
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });

const MEASURE: Readonly<
  Record<Part, (bed: LocalBed, cluster: OwnCluster, signal: AbortSignal) => Promise<Measured>>
> = {
  native: async (_, cluster, signal) => {
    const peer = buildPeer();
    if ('skip' in peer) throw new Error(peer.skip);
    const samples = await measureNatively(cluster, join(root, 'crds'), peer.path, signal);
    return { samples, metrics: nativeMetrics(samples) };
  },
  node: async (bed, cluster, signal) => {
    const node = new Node(bed, cluster, await bed.node({ bpfLsm: true }));
    try {
      // What waits inside the machine does not hear of the signal: it ends with the machine.
      const samples = await Promise.race([measureInNode(node, signal), interruption(signal)]);
      return { samples, metrics: emulatedMetrics(samples) };
    } finally {
      node.leave();
    }
  },
};

const REMARKS: Readonly<Record<Part, readonly string[]>> = {
  native: [
    'baseline of a change: a bare watch has brought it; of a start: no plugin; of memory: a Node.js that does nothing.',
    'in force: the kernel judges by the new network rules. Without BPF LSM nothing refuses exec and files; the swap of their rules, which comes before, is the figure besides.',
    'p99 of 50 is the slowest.',
  ],
  node: [
    'node: an emulated machine, whose times are many times those of a real one: compare them with their baselines only.',
  ],
};

const run = async (signal: AbortSignal): Promise<BenchmarkResult> => {
  const metrics: Metric[] = [];
  const samples: Partial<Record<Part, unknown>> = {};
  const bed = new LocalBed();
  try {
    const cluster = new OwnCluster(bed, await bed.cluster());
    for (const part of chosen()) {
      const measured = await MEASURE[part](bed, cluster, signal);
      metrics.push(...measured.metrics);
      samples[part] = measured.samples;
    }
  } finally {
    await bed.close();
  }
  return { metrics, samples, remarks: chosen().flatMap((part) => REMARKS[part]) };
};

export const firstPod: Benchmark = { missing, run };
