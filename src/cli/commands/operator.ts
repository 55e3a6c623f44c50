/** `pinfold operator`: keeps the status of every profile of a cluster true, and makes revisions of recordings. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import type { KubeClient } from '../../kube/client.js';
import { connect } from '../../kube/connect.js';
import { KubeStore } from '../../kube/kube-store.js';
import { LeaderElection } from '../../kube/leader-election.js';
import { ClusterReports } from '../../operator/node-reports.js';
import { Operator } from '../../operator/operator.js';
import { OWN_NAMESPACE } from '../../operator/own-namespace.js';
import type { RunCommand } from '../context.js';
import { serveHealth } from '../health.js';
import { aborted, endWithin } from '../serving.js';
import { createLog } from './up-log.js';

export interface OperatorOptions {
  readonly healthPort: number;
  /** Whether it works only while it holds the lease, so that there may be several. */
  readonly leaderElect: boolean;
  readonly kubeconfig?: string;
  readonly kubeContext?: string;
}

/**
 * How long an orderly end may take, ms: below the pod's grace period, and below the time after which another
 * operator takes a lease that is not renewed any more.
 */
const SHUTDOWN_MS = 12_000;

const openClient = ({ kubeconfig, kubeContext }: OperatorOptions): Promise<KubeClient> =>
  connect({
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(kubeContext === undefined ? {} : { context: kubeContext }),
  });

const openStore = (client: KubeClient, log: Logger): KubeStore =>
  new KubeStore({
    client,
    fieldManager: 'pinfold-operator',
    reporter: { controller: 'pinfold.dev/operator', instance: hostname() },
    onProblem: ({ code, message }, retryMs) => {
      log.warn({ code, problem: message, retryMs }, 'API server problem');
    },
  });

/** Reconciles until the signal aborts; `ending` says whether this process ends, or only no longer leads. */
const reconcile = async (
  store: KubeStore,
  log: Logger,
  signal: AbortSignal,
  ending: AbortSignal,
): Promise<void> => {
  const operator = new Operator({
    store,
    reports: new ClusterReports(),
    log,
    self: { kind: 'NodeEnforcement', name: hostname() },
  });
  operator.start();
  await aborted(signal);
  await (ending.aborted ? operator.stop() : operator.abandon());
};

/** Works whenever it leads, until the signal aborts. What it follows meanwhile is at hand when its turn comes. */
const lead = async (
  client: KubeClient,
  log: Logger,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> => {
  const identity = `${hostname()}_${randomUUID()}`;
  const election = new LeaderElection({
    client,
    namespace: OWN_NAMESPACE,
    name: 'pinfold-operator',
    identity,
    onProblem: ({ code, message }) => {
      log.warn({ code, problem: message }, 'lease problem');
    },
  });
  while (!signal.aborted) {
    const outcome = await election.run(signal, (leading) => {
      log.info({ identity }, 'leading');
      return work(leading);
    });
    if (outcome === 'Lost') log.warn({ identity }, 'lease lost');
  }
};

export const run: RunCommand<OperatorOptions> = async (context, options) => {
  const log = createLog(context.stderr, context.isErrorTerminal, context.settings.debug);
  const client = await openClient(options);
  const store = openStore(client, log);
  let why: string | undefined = 'the API server was not listed yet';
  const health = await serveHealth(options.healthPort, () => why);
  store.start();
  const { signal } = context;
  const work = (leading: AbortSignal): Promise<void> => reconcile(store, log, leading, signal);
  const working = options.leaderElect ? lead(client, log, signal, work) : work(signal);
  try {
    // What follows is ready as well: the next to lead must be there before this one ends.
    await Promise.race([store.synced(signal), working]);
    why = undefined;
    log.info({ pid: process.pid }, 'ready');
    await Promise.race([aborted(signal), working]);
    log.info({ reason: String(signal.reason) }, 'stopping');
  } finally {
    await endWithin(SHUTDOWN_MS, [() => working, () => store.close(), () => health.close()]);
  }
  return 0;
};
