/** Figures of the emulated node. Pure. */
import type { Metric } from '../../contract.js';
import { median, quantile } from '../../quantile.js';
import type { CriStart } from './cri-log.js';
import type { EmulatedSamples } from './emulated.js';

/** Design §4: what a node enforcer may take of a node's memory. */
const ENFORCER_MIB = 80;

const took = (blocks: readonly (readonly CriStart[])[]): readonly number[] =>
  blocks.flat().map(({ create, start }) => create + start);

export const emulatedMetrics = (samples: EmulatedSamples): readonly Metric[] => {
  const { changes, events, enforcer, operator, bareNode } = samples;
  const [withIt, without] = [took(samples.with), took(samples.without)];
  const ms = (name: string, value: number, baseline?: number): Metric => ({
    name: `node: ${name}`,
    value,
    unit: 'ms',
    ...(baseline === undefined ? {} : { baseline }),
  });
  const seen = changes.map((each) => each.seen);
  const realised = changes.map((each) => each.realised);
  const latencies = events.map((each) => each.seen);
  const memory = (name: string, value: number, baseline: number, target?: number): Metric => ({
    name: `node: ${name}`,
    value,
    unit: 'MiB',
    baseline,
    ...(target === undefined ? {} : { target }),
  });
  const cpu = (name: string, value: number): Metric => ({
    name: `node: ${name} CPU at idle`,
    value,
    unit: '% of one',
  });
  return [
    ms("spec applied → the node's object says so, p50", median(realised), median(seen)),
    ms('create and start of a container, p50', median(withIt), median(without)),
    ms('added by it', median(withIt) - median(without)),
    ms('denied → Event, p50', median(latencies)),
    ms('denied → Event, slowest', quantile(latencies, 1)),
    memory('enforcer RSS', enforcer.rss, bareNode.rss, ENFORCER_MIB),
    memory('enforcer RssAnon', enforcer.anonymous, bareNode.anonymous),
    cpu('enforcer', enforcer.cpu),
    memory('operator RSS', operator.rss, bareNode.rss),
    memory('operator RssAnon', operator.anonymous, bareNode.anonymous),
    cpu('operator', operator.cpu),
  ];
};
