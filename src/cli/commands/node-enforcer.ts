/**
 * `pinfold node-enforcer`: this node's enforcer in a cluster. Where the node lacks something it needs, it says
 * so in the node's object and tries again: a pod that crashes says less.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { FileSink } from '../../audit/sink-file.js';
import { StreamSink } from '../../audit/sink-stream.js';
import { teeSink } from '../../audit/sink-tee.js';
import { PinfoldError, reasonOf } from '../../errors.js';
import { connect } from '../../kube/connect.js';
import { KubeStore } from '../../kube/kube-store.js';
import { requireTracing } from '../../node-enforcer/abilities.js';
import { labelOf, NODE_LABEL } from '../../node-enforcer/agent/profile-recording.js';
import { ClusterNode } from '../../node-enforcer/cluster/node.js';
import { Namespaces } from '../../node-enforcer/cluster/namespaces.js';
import type { ReadPod } from '../../node-enforcer/cluster/pod-book.js';
import { podReader } from '../../node-enforcer/cluster/pod-reader.js';
import { reportUnable } from '../../node-enforcer/cluster/unable.js';
import { OfflineCopy } from '../../store/offline/offline-copy.js';
import { AuditOutput } from '../audit-output.js';
import type { CommandContext, RunCommand } from '../context.js';
import { serveHealth } from '../health.js';
import { aborted, within } from '../serving.js';
import { createLog } from './up-log.js';

export interface NodeEnforcerOptions {
  readonly node: string;
  /** Absolute path. */
  readonly state: string;
  /** Absolute path. */
  readonly auditLog: string;
  /** Directory in bpffs. */
  readonly pins: string;
  readonly hold: readonly string[];
  readonly healthPort: number;
  readonly ownNamespace: string;
  readonly kubeconfig?: string;
  readonly kubeContext?: string;
}

/** How long an orderly end may take, ms: below the pod's grace period. */
const SHUTDOWN_MS = 15_000;

/** ms that the API server may take before the copy on disk is used. */
const PATIENCE_MS = 2_000;

/** ms between attempts where the node lacks something. */
const RETRY_MS = 30_000;

/** What is asked of the API server. */
interface Api {
  readonly store: KubeStore;
  readonly namespaces: Namespaces;
  readonly readPod: ReadPod;
}

const openApi = async (
  { node, kubeconfig, kubeContext }: NodeEnforcerOptions,
  log: Logger,
): Promise<Api> => {
  const client = await connect({
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(kubeContext === undefined ? {} : { context: kubeContext }),
  });
  const onProblem = ({ code, message }: PinfoldError, retryMs?: number): void => {
    log.warn({ code, problem: message, retryMs }, 'API server problem');
  };
  const store = new KubeStore({
    client,
    fieldManager: 'pinfold-node',
    reporter: { controller: 'pinfold.dev/node-enforcer', instance: node },
    watched: [
      { kind: 'SecurityProfile' },
      { kind: 'ClusterSecurityProfile' },
      { kind: 'ProfileRevision' },
      { kind: 'NodeEnforcement', name: node },
      { kind: 'RecordedBehavior', labelSelector: `${NODE_LABEL}=${labelOf(node)}` },
    ],
    onProblem,
  });
  return { store, namespaces: new Namespaces(client, onProblem), readPod: podReader(client) };
};

const openAudit = ({ auditLog, node }: NodeEnforcerOptions, log: Logger): AuditOutput =>
  new AuditOutput(
    teeSink([
      new FileSink({ file: auditLog, node }),
      new StreamSink({ stream: process.stdout, file: 'standard output', node }),
    ]),
    log,
  );

interface Serving extends Api {
  readonly options: NodeEnforcerOptions;
  readonly context: CommandContext;
  readonly log: Logger;
  readonly audit: AuditOutput;
}

const openNode = ({ options, log, store, namespaces, readPod, audit }: Serving): ClusterNode => {
  requireTracing();
  const { node, state, pins, hold, ownNamespace } = options;
  return ClusterNode.open({
    store: new OfflineCopy(store, {
      directory: join(state, 'objects'),
      kinds: ['SecurityProfile', 'ClusterSecurityProfile', 'ProfileRevision'],
      unreachable: ['KubeUnreachable', 'KubeTimeout', 'KubeServerFailed', 'KubeTooManyRequests'],
      patienceMs: PATIENCE_MS,
      onOffline: (kind, problem) => {
        log.warn({ kind, problem }, 'API server does not answer: the copy on disk is used');
      },
    }),
    state,
    node,
    log,
    pins,
    hold,
    ownNamespace,
    namespaceLabels: () => namespaces.labels(),
    readPod,
    write: (records) => audit.write(records),
  });
};

/** Tries until it can; what is in the way is shown in the node's object meanwhile. */
const openWhenAble = async (serving: Serving): Promise<ClusterNode | undefined> => {
  const { context, log, store, options } = serving;
  let said = '';
  while (!context.signal.aborted) {
    try {
      return openNode(serving);
    } catch (error) {
      if (!(error instanceof PinfoldError)) throw error;
      const { code, message: problem } = error;
      if (said !== problem)
        log.error({ code, problem, remedy: error.remedy }, 'cannot enforce here');
      said = problem;
      await reportUnable(store, options.node, error, Date.now()).catch((failure: unknown) => {
        log.warn({ problem: reasonOf(failure) }, 'the node object cannot be written');
      });
      await sleep(RETRY_MS, undefined, { signal: context.signal }).catch(() => undefined); // told to end
    }
  }
  return undefined;
};

export const run: RunCommand<NodeEnforcerOptions> = async (context, options) => {
  const log = createLog(context.stderr, context.isErrorTerminal, context.settings.debug);
  const api = await openApi(options, log);
  const { store, namespaces } = api;
  const audit = openAudit(options, log);
  const serving: Serving = { ...api, options, context, log, audit };
  let why: string | undefined = 'starting';
  const health = await serveHealth(options.healthPort, () => why);
  store.start();
  const following = namespaces.run(context.signal);
  const node = await openWhenAble(serving);
  try {
    if (node !== undefined) {
      namespaces.onChange(() => {
        node.namespacesChanged();
      });
      await node.start();
      why = undefined;
      log.info({ node: options.node, lsm: node.agent.lsm, pid: process.pid }, 'ready');
    }
    await aborted(context.signal);
    log.info({ reason: String(context.signal.reason) }, 'stopping');
  } finally {
    await within(
      SHUTDOWN_MS,
      (async () => {
        await node?.stop();
        await following;
        await store.close();
        await health.close();
        audit.close();
      })(),
    );
  }
  return 0;
};
