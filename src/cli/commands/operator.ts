/** `pinfold operator`: keeps the status of every profile of a cluster true, and makes revisions of recordings. */
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { connect } from '../../kube/connect.js';
import { KubeStore } from '../../kube/kube-store.js';
import { ClusterReports } from '../../operator/node-reports.js';
import { Operator } from '../../operator/operator.js';
import type { RunCommand } from '../context.js';
import { serveHealth } from '../health.js';
import { aborted, within } from '../serving.js';
import { createLog } from './up-log.js';

export interface OperatorOptions {
  readonly healthPort: number;
  readonly kubeconfig?: string;
  readonly kubeContext?: string;
}

/** How long an orderly end may take, ms: below the pod's grace period. */
const SHUTDOWN_MS = 20_000;

const openStore = async (
  { kubeconfig, kubeContext }: OperatorOptions,
  log: Logger,
): Promise<KubeStore> =>
  new KubeStore({
    client: await connect({
      ...(kubeconfig === undefined ? {} : { kubeconfig }),
      ...(kubeContext === undefined ? {} : { context: kubeContext }),
    }),
    fieldManager: 'pinfold-operator',
    reporter: { controller: 'pinfold.dev/operator', instance: hostname() },
    onProblem: ({ code, message }, retryMs) => {
      log.warn({ code, problem: message, retryMs }, 'API server problem');
    },
  });

export const run: RunCommand<OperatorOptions> = async (context, options) => {
  const log = createLog(context.stderr, context.isErrorTerminal, context.settings.debug);
  const store = await openStore(options, log);
  const operator = new Operator({
    store,
    reports: new ClusterReports(),
    log,
    self: { kind: 'NodeEnforcement', name: hostname() },
  });
  let why: string | undefined = 'the API server was not listed yet';
  const health = await serveHealth(options.healthPort, () => why);
  try {
    store.start();
    operator.start();
    await store.synced(context.signal);
    why = undefined;
    log.info({ pid: process.pid }, 'ready');
    await aborted(context.signal);
    log.info({ reason: String(context.signal.reason) }, 'stopping');
  } finally {
    await within(
      SHUTDOWN_MS,
      (async () => {
        await operator.stop();
        await store.close();
        await health.close();
      })(),
    );
  }
  return 0;
};
