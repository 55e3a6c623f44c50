/** Figures of the native part. Pure. */
import type { Metric } from '../../contract.js';
import { median, quantile } from '../../quantile.js';
import type { ChangeTimes } from '../changes.js';
import type { NativeSamples } from './native.js';

/** Issue 5: in force within a second, for 99 of 100 changes. */
const IN_FORCE_MS = 1_000;

const TAILS = [
  ['p50', 0.5],
  ['p99', 0.99],
] as const;

const changeMetrics = (changes: readonly ChangeTimes[]): readonly Metric[] => {
  const times = (of: (times: ChangeTimes) => number): readonly number[] => changes.map(of);
  const seen = times((each) => each.seen);
  const rows = [
    ['in force', times((each) => each.inForce ?? Number.NaN)],
    ["the node's object says so", times((each) => each.realised)],
    ["the profile's status says so", times((each) => each.told)],
  ] as const;
  return rows.flatMap(([name, values], row) =>
    TAILS.map(([tail, share]): Metric => ({
      name: `spec applied → ${name}, ${tail}`,
      value: quantile(values, share),
      unit: 'ms',
      baseline: quantile(seen, share),
      ...(row === 0 && tail === 'p99' ? { target: IN_FORCE_MS } : {}),
    })),
  );
};

export const nativeMetrics = (samples: NativeSamples): readonly Metric[] => {
  const { changes, swaps, starts, enforcer, operator, bareNode } = samples;
  const memory = (name: string, value: number, baseline: number): Metric => ({
    name,
    value,
    unit: 'MiB',
    baseline,
  });
  return [
    ...changeMetrics(changes),
    { name: 'besides, with BPF LSM: compile and swap, p50', value: median(swaps), unit: 'ms' },
    ...TAILS.map(([tail, share]): Metric => ({
      name: `runtime waits at a start, ${tail}`,
      value: quantile(
        starts.map((pair) => pair.with),
        share,
      ),
      unit: 'ms',
      baseline: quantile(
        starts.map((pair) => pair.without),
        share,
      ),
    })),
    memory('enforcer RSS', enforcer.rss, bareNode.rss),
    memory('enforcer RssAnon', enforcer.anonymous, bareNode.anonymous),
    { name: 'enforcer CPU at idle', value: enforcer.cpu, unit: '% of one' },
    memory('operator RSS', operator.rss, bareNode.rss),
    memory('operator RssAnon', operator.anonymous, bareNode.anonymous),
    { name: 'operator CPU at idle', value: operator.cpu, unit: '% of one' },
  ];
};
