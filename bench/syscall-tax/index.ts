/**
 * What a syscall costs while Pinfold is there: ns per getppid() and per open+close of a file, under
 * each condition, each run paired with one of the same program under nothing just before it.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Benchmark, BenchmarkResult, Metric } from '../contract.js';
import { kernelGaps } from '../needs.js';
import { missingCommands } from './missing.js';
import { CONDITIONS } from './conditions.js';
import type { Condition } from './conditions.js';
import { disturbers, median, sampleUnder } from './sample.js';
import type { Sample, Tool } from './sample.js';
import { tracefsGaps } from './tracefs.js';

const ROUNDS = 15;
/** bpftrace and strace start slowly and differ by far more than the noise. */
const SLOW_ROUNDS = 7;
const CHUNKS = 25;
const CALLS = 8_000;
const QUIET_MS = 50;
const PATIENCE_MS = 600_000;

export interface Pair {
  readonly baseline: Sample;
  readonly sample: Sample;
}

const MEASURES = [
  ['getppid', 'getppid'],
  ['openClose', 'open+close'],
] as const;
type Measure = (typeof MEASURES)[number][0];

const roundsOf = (condition: Condition): number =>
  condition.kind === 'Strace' || condition.kind === 'Bpftrace' ? SLOW_ROUNDS : ROUNDS;

/** Others on the machine attach programs too, and their tax would be taken for ours: wait for them. */
const quiet = async (signal: AbortSignal): Promise<void> => {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    signal.throwIfAborted();
    const found = disturbers();
    if (found.length === 0) return;
    if (Date.now() > until)
      throw new Error(`programs of others stay attached: ${found.join(', ')}`);
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  }
};

/** A pair that nobody else's program fell into, as far as a look before, between and after tells. */
const undisturbedPair = async (
  tool: Tool,
  condition: Condition,
  signal: AbortSignal,
): Promise<Pair> => {
  for (;;) {
    await quiet(signal);
    const baseline = await sampleUnder(tool, { kind: 'Nothing', name: '' });
    if (disturbers().length > 0) continue;
    const sample = await sampleUnder(tool, condition);
    if (disturbers().length > 0) continue;
    return { baseline, sample };
  }
};

const added = (pairs: readonly Pair[], measure: Measure): number =>
  median(pairs.map(({ baseline, sample }) => sample[measure] - baseline[measure]));

const total = (pairs: readonly Pair[], measure: Measure): number =>
  median(pairs.map(({ sample }) => sample[measure]));

/** Targets of a condition's share, in percent: what leaves outsiders alone. */
const shareTarget = (name: string): { readonly target?: number } =>
  ['idle', 'enforcing elsewhere', 'enforcing network elsewhere'].includes(name)
    ? { target: 1 }
    : {};

const metricsOf = (pairs: ReadonlyMap<string, readonly Pair[]>): readonly Metric[] => {
  const of = (name: string): readonly Pair[] => pairs.get(name) ?? [];
  const costs = CONDITIONS.flatMap(({ name }) =>
    MEASURES.flatMap(([measure, label]): readonly Metric[] => [
      {
        name: `${label}, ${name}`,
        value: total(of(name), measure),
        unit: 'ns',
        baseline: median(of(name).map(({ baseline }) => baseline[measure])),
      },
      {
        name: `${label}, ${name}: added`,
        value:
          100 *
          (median(of(name).map(({ baseline, sample }) => sample[measure] / baseline[measure])) - 1),
        unit: '%',
        ...shareTarget(name),
      },
    ]),
  );
  const against = ['recording elsewhere', 'recording here'].flatMap((name) =>
    MEASURES.flatMap(([measure, label]): readonly Metric[] => [
      {
        name: `${label}, ${name}: added ns, of bpftrace's`,
        value: added(of(name), measure) / added(of('bpftrace by cgroup'), measure),
        unit: '',
        target: 0.5,
      },
      {
        name: `${label}, ${name}: total ns, of bpftrace's`,
        value: total(of(name), measure) / total(of('bpftrace by cgroup'), measure),
        unit: '',
      },
    ]),
  );
  return [...costs, ...against];
};

const measure = async (tool: Tool, signal: AbortSignal): Promise<BenchmarkResult> => {
  const pairs = new Map<string, Pair[]>(CONDITIONS.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1)
    for (const condition of CONDITIONS) {
      if (round >= roundsOf(condition)) continue;
      pairs.get(condition.name)?.push(await undisturbedPair(tool, condition, signal));
    }
  return {
    metrics: metricsOf(pairs),
    samples: { chunks: CHUNKS, calls: CALLS, pairs: Object.fromEntries(pairs) },
    remarks: [
      'CPU time of one pinned thread; each value is the median over runs of the median of a run.',
      'added % is the median of the ratios to the run under nothing just before; "control" shows the noise.',
      'enforcing: a profile without gaps; network: of network and capabilities alone.',
      'elsewhere: the measured program is in no slot; here: it is a member of the slot.',
    ],
  };
};

const buildTool = (directory: string): Tool => {
  const binary = join(directory, 'tax');
  const file = join(directory, 'file');
  const source = fileURLToPath(new URL('tax.c', import.meta.url));
  execFileSync('gcc', ['-O2', '-Wall', '-o', binary, source], { stdio: 'inherit' });
  writeFileSync(file, 'opened and closed\n');
  return { binary, file, out: join(directory, 'out'), chunks: CHUNKS, calls: CALLS };
};

export const benchmark: Benchmark = {
  missing: () => [
    ...missingCommands(['gcc', 'bpftrace', 'strace']),
    ...kernelGaps(),
    ...tracefsGaps(),
  ],
  run: async (signal) => {
    const directory = mkdtempSync(join(tmpdir(), 'pinfold-tax-'));
    try {
      return await measure(buildTool(directory), signal);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};
