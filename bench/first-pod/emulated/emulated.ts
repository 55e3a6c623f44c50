/** The node's part: kubelet, containerd and BPF LSM in an emulated machine, whose times are many times a real one's. */
import { connect } from '../../../src/kube/connect.js';
import type { KubeClient } from '../../../src/kube/client.js';
import type { Node } from '../../../test/e2e/support/node-handle.js';
import { Pinfold } from '../../../test/e2e/support/pinfold.js';
import { until } from '../../../test/support/until.js';
import { applyChange, changeMany } from '../changes.js';
import type { ChangeTimes } from '../changes.js';
import { Followed, MOMENTS } from '../followed.js';
import { NAMESPACE } from '../profile.js';
import type { Idle, Memory } from '../process-cost.js';
import type { CriStart } from './cri-log.js';
import { eventLatencies } from './event-latency.js';
import type { EventTimes } from './event-latency.js';
import { bareInNode, idleInNode } from './idle.js';
import { removePod, startBlock } from './starts.js';

const CHANGES = { count: 10, warmUp: 1 };
const IDLE_SECONDS = 60;

export interface EmulatedSamples {
  /** Blocks of starts in the order in which they were made. */
  readonly without: readonly (readonly CriStart[])[];
  readonly with: readonly (readonly CriStart[])[];
  readonly changes: readonly ChangeTimes[];
  readonly events: readonly EventTimes[];
  readonly enforcer: Idle;
  readonly operator: Idle;
  readonly bareNode: Memory;
}

const done = (what: string): void => {
  process.stderr.write(`  ${what}\n`);
};

/** Ends the enforcer for the time of some work; what it put in force stays in the kernel. */
const withoutEnforcer = async <T>(
  node: Node,
  pinfold: Pinfold,
  work: () => Promise<T>,
): Promise<T> => {
  const select = async (selector: string): Promise<void> => {
    const patch = `{"spec":{"template":{"spec":{"nodeSelector":${selector}}}}}`;
    await pinfold.kubectl('-n', 'pinfold', 'patch', 'ds/pinfold-node', '--patch', patch);
  };
  await select('{"bench":"nowhere"}');
  await until('the enforcer is gone', 120, async () =>
    (await node.finish('pgrep --full "pinfold [n]ode-enforcer"')).status === 1 ? true : undefined,
  );
  try {
    return await work();
  } finally {
    await select('{"bench":null}');
    await until('the enforcer is back', 120, async () =>
      (await node.finish('pgrep --full "pinfold [n]ode-enforcer"')).status === 0 ? true : undefined,
    );
    await pinfold.enforcerReady();
  }
};

/** Until containerd asks the enforcer before it starts anything; one that has stopped is not Ready. */
const hooked = (pinfold: Pinfold): Promise<true> =>
  until('the runtime asks the enforcer', 180, async () => {
    const status = (type: string): string =>
      `{.items[*].status.conditions[?(@.type=="${type}")].status}`;
    const path = `--output=jsonpath=${status('Ready')},${status('RuntimeHooked')}`;
    return (await pinfold.kubectl('get', 'nodeenforcements', path)) === 'True,True'
      ? true
      : undefined;
  });

const measure = async (
  node: Node,
  pinfold: Pinfold,
  client: KubeClient,
  followed: Followed,
  signal: AbortSignal,
): Promise<EmulatedSamples> => {
  const without = [await startBlock(node, 'without-1')];
  await removePod(node, 'without-1');
  done('starts without Pinfold');
  await pinfold.install();
  await hooked(pinfold);
  done('installed');
  const generation = await applyChange(client, 0);
  const withIt = [await startBlock(node, 'with-1')];
  done('starts with it');
  await followed.moments.of(MOMENTS.told(generation), signal);
  const changes = await changeMany({ client, followed, signal }, generation, CHANGES);
  done('changes of a spec');
  const events = await eventLatencies(node, client, 'with-1', signal);
  done('Events');
  const idle = await idleInNode(node, IDLE_SECONDS, signal);
  const bareNode = await bareInNode(node);
  done('idle processes');
  await removePod(node, 'with-1');
  const second = await withoutEnforcer(node, pinfold, async () => {
    const starts = await startBlock(node, 'without-2');
    await removePod(node, 'without-2');
    return starts;
  });
  without.push(second);
  done('starts without the enforcer');
  await hooked(pinfold);
  withIt.push(await startBlock(node, 'with-2'));
  done('starts with it');
  return { without, with: withIt, changes, events, ...idle, bareNode };
};

/** Leaves Pinfold installed: the node is thrown away. */
export const measureInNode = async (node: Node, signal: AbortSignal): Promise<EmulatedSamples> => {
  const { cluster } = node;
  const pinfold = new Pinfold(node);
  const client = await connect({ kubeconfig: cluster.kubeconfig });
  const stop = new AbortController();
  // Until Pinfold is installed its kinds are unknown, which is no news.
  const followed = new Followed(client, () => undefined);
  const following = followed.run(stop.signal);
  try {
    await cluster.kubectl(['create', 'namespace', NAMESPACE]);
    return await measure(node, pinfold, client, followed, signal);
  } finally {
    stop.abort();
    await following;
    client.credentials.close();
  }
};
