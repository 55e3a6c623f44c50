/** The finder of containers, put together for an agent. */
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { PinfoldError } from '../../errors.js';
import type { Agent } from '../agent/agent.js';
import type { BundleFacts } from '../containers/bundle.js';
import { ContainerFinder } from './container-finder.js';
import type { Finds } from './finds.js';
import { Holding } from './holding.js';
import { PodBook } from './pod-book.js';
import type { ReadPod } from './pod-book.js';

export interface FallbackOptions {
  readonly agent: Agent;
  readonly log: Logger;
  /** State directory: for what the next process has to know. */
  readonly state: string;
  /** Where cgroup v2 is mounted. */
  readonly cgroupRoot: string;
  /** Namespaces whose containers do not start unjudged. */
  readonly hold: readonly string[];
  /** Asks the API server for a pod. */
  readonly readPod: ReadPod;
  /** The kubelet's cgroup, absolute; absent: where it usually is. */
  readonly kubepods?: string;
  /** Where the node's root is seen from here; absent: through its first process. */
  readonly nodeRoot?: string;
  readonly isReady: Finds['isReady'];
  readonly all: Finds['all'];
}

/** Seen in the node's PID namespace (`hostPID`), and outside of containers. */
const NODE_ROOT = '/proc/1/root';

/** How long a container of a namespace on Hold waits for its verdict at most; design §4. */
const HOLD_SECONDS = 10;

const named = (facts: BundleFacts | undefined): object => {
  if (facts === undefined) return {};
  const { namespace, pod, container } = facts;
  return { namespace, pod, container };
};

export const createFinder = ({
  agent,
  log,
  state,
  readPod,
  isReady,
  all,
  nodeRoot = NODE_ROOT,
  ...places
}: FallbackOptions): ContainerFinder => {
  const onProblem = ({ code, message }: PinfoldError): void => {
    log.error({ code, problem: message }, 'finding containers is impaired');
  };
  const kept = (name: string): string => join(state, 'node', name);
  return new ContainerFinder({
    ...{ ...places, nodeRoot },
    pods: new PodBook({ read: readPod, file: kept('pods.json'), onProblem }),
    holding: new Holding({ file: kept('held.json'), seconds: HOLD_SECONDS, onProblem }),
    finds: {
      ...{ isReady, all },
      isKnown: (cgroup, containerId) => agent.knows(cgroup, containerId),
      found: (placed, isNew) => {
        const workload = agent.found(placed);
        if (isNew && workload?.wasRunning === true)
          agent.gap('StartNotSeen', 'it ran before it was found', placed.facts);
      },
      gone: (containerId) => {
        agent.removed(containerId);
      },
      gap: ({ code, message }, facts) => {
        log.warn({ code, problem: message, ...named(facts) }, 'container not judged');
        agent.gap(code, message, facts);
      },
    },
  });
};
