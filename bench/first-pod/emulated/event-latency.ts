/** From a denied read in a pod to its Event in the API. */
import type { KubeClient } from '../../../src/kube/client.js';
import { Informer } from '../../../src/kube/informer.js';
import { EVENTS } from '../../../src/kube/resource.js';
import type { Node } from '../../../test/e2e/support/node-handle.js';
import { until } from '../../../test/support/until.js';
import { NAMESPACE } from '../profile.js';
import { Moments } from '../moments.js';
import { msOf } from './cri-log.js';

/** Files that every container has and the profile does not allow: as many as get an Event of their own. */
const FORBIDDEN = [
  ...['cmdline', 'cpuinfo', 'devices', 'filesystems'],
  ...['loadavg', 'meminfo', 'stat', 'uptime'],
].map((name) => `/proc/${name}`);

/** s between two reads: the node's part of the one is over before the next. */
const APART = 2;

export interface EventTimes {
  readonly path: string;
  /** ms from the kernel's denial to the agent's line about it. */
  readonly seen: number;
}

interface Line {
  readonly time: string;
  readonly outcome?: string;
  readonly path?: string;
}

const ROUNDS = 5;

/** ms by which the node's clock is ahead of ours; the quickest answer of some tells best. */
export const clockLead = async (node: Node): Promise<number> => {
  let best = { took: Number.POSITIVE_INFINITY, lead: 0 };
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = performance.now();
    const there = await node.time();
    const after = performance.now();
    const ours = performance.timeOrigin + (before + after) / 2;
    if (after - before < best.took) best = { took: after - before, lead: there - ours };
  }
  return best.lead;
};

const denials = async (node: Node): Promise<ReadonlyMap<string, number>> => {
  const text = await node.run('cat /var/log/pinfold/audit.jsonl');
  const lines = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
  return new Map(
    lines.flatMap(({ outcome, path, time }) =>
      outcome === 'Denied' && path !== undefined ? [[path, msOf(time)] as const] : [],
    ),
  );
};

/** ms from each denial, by the kernel's clock, to the watch that brought its Event. */
export const eventLatencies = async (
  node: Node,
  client: KubeClient,
  pod: string,
  signal: AbortSignal,
): Promise<readonly EventTimes[]> => {
  const stop = new AbortController();
  const moments = new Moments();
  const informer = new Informer({
    client,
    resource: EVENTS,
    selection: { namespace: NAMESPACE },
    decode: ({ note }) => (typeof note === 'string' ? note : ''),
    onEvent: (event) => {
      if (event.kind !== 'Applied') return;
      const path = FORBIDDEN.find((each) => event.object.includes(each));
      if (path !== undefined) moments.note(path);
    },
  });
  const following = informer.run(stop.signal);
  try {
    await informer.synced();
    const reads = FORBIDDEN.map((path) => `cat ${path}; sleep ${String(APART)}`).join('; ');
    const inPod = ['--namespace', NAMESPACE, 'exec', pod, '--container=c0', '--'];
    await node.cluster.kubectl([...inPod, 'sh', '-c', `${reads}; true`]);
    const seen = new Map<string, number>();
    for (const path of FORBIDDEN)
      seen.set(path, performance.timeOrigin + (await moments.of(path, signal)));
    const lead = await clockLead(node);
    const denied = await until('every denial is logged', 30, async () => {
      const known = await denials(node);
      return FORBIDDEN.every((path) => known.has(path)) ? known : undefined;
    });
    return FORBIDDEN.map((path) => ({
      path,
      seen: (seen.get(path) ?? Number.NaN) - ((denied.get(path) ?? Number.NaN) - lead),
    }));
  } finally {
    stop.abort();
    await following;
  }
};
