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
import { delayAfter } from '../../kube/backoff.js';
import type { Backoff } from '../../kube/backoff.js';
import type { KubeClient } from '../../kube/client.js';
import { connect } from '../../kube/connect.js';
import { KubeStore } from '../../kube/kube-store.js';
import { requireTracing } from '../../node-enforcer/abilities.js';
import { labelOf, NODE_LABEL } from '../../node-enforcer/agent/profile-recording.js';
import { ClusterNode } from '../../node-enforcer/cluster/node.js';
import { Namespaces } from '../../node-enforcer/cluster/namespaces.js';
import { NodeOwner } from '../../node-enforcer/cluster/owner.js';
import { Permissions } from '../../node-enforcer/cluster/permissions.js';
import type { ReadPod } from '../../node-enforcer/cluster/pod-book.js';
import { podReader } from '../../node-enforcer/cluster/pod-reader.js';
import { ENFORCER_RIGHTS } from '../../node-enforcer/cluster/rights.js';
import { reportUnable } from '../../node-enforcer/cluster/unable.js';
import { OfflineCopy } from '../../store/offline/offline-copy.js';
import { AuditOutput } from '../audit-output.js';
import type { CommandContext, RunCommand } from '../context.js';
import { serveHealth } from '../health.js';
import { aborted, endWithin } from '../serving.js';
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
  /** Where the container runtime offers NRI. */
  readonly nriSocket: string;
  readonly healthPort: number;
  readonly ownNamespace: string;
  readonly kubeconfig?: string;
  readonly kubeContext?: string;
}

/** How long an orderly end may take, ms: below the pod's grace period. */
const SHUTDOWN_MS = 15_000;

/** Characters of an event's note that the API server takes at least. */
const EVENT_NOTE = 1000;

/** ms that the API server may take before the copy on disk is used. */
const PATIENCE_MS = 2_000;

/** Between attempts where the node lacks something: an administrator is at it, or it takes a reboot. */
const RETRY: Backoff = { firstMs: 1_000, longestMs: 30_000 };

/** What this enforcer has to do with the API server. */
interface Api {
  readonly client: KubeClient;
  readonly store: KubeStore;
  readonly namespaces: Namespaces;
  readonly permissions: Permissions;
  readonly owner: NodeOwner;
  readonly readPod: ReadPod;
}

const openApi = async (
  { node, kubeconfig, kubeContext }: NodeEnforcerOptions,
  log: Logger,
): Promise<Api> => {
  const permissions: Permissions = new Permissions({
    rights: ENFORCER_RIGHTS,
    onChange: ({ holds, reason, message }) => {
      if (holds) {
        log.info('the API server permits what is needed again');
        return;
      }
      log.error({ code: reason, problem: message }, 'rights are missing');
      // Where the object's status may not be written, its events still say why.
      void store.recordEvent({
        regarding: { kind: 'NodeEnforcement', name: node },
        type: 'Warning',
        reason,
        action: 'Report',
        note: message.slice(0, EVENT_NOTE),
        at: Date.now(),
      });
    },
    onProblem: (problem) => {
      log.warn({ problem: reasonOf(problem) }, 'rights are not known');
    },
  });
  const client = await connect(
    {
      ...(kubeconfig === undefined ? {} : { kubeconfig }),
      ...(kubeContext === undefined ? {} : { context: kubeContext }),
    },
    {
      onForbidden: () => {
        permissions.refused();
      },
    },
  );
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
  const namespaces = new Namespaces(client, onProblem);
  return {
    client,
    store,
    namespaces,
    permissions,
    owner: new NodeOwner(node),
    readPod: podReader(client),
  };
};

/** Follows the cluster until the signal aborts. Never rejects. */
const follow = async (
  { client, store, namespaces, permissions, owner }: Api,
  log: Logger,
  signal: AbortSignal,
): Promise<void> => {
  store.start();
  await Promise.all([
    namespaces.run(signal),
    permissions.run(client, signal),
    owner.learn(client, signal, (problem) => {
      log.warn({ problem: reasonOf(problem) }, 'not known which node the token is of');
    }),
  ]);
};

const openAudit = ({ auditLog, node }: NodeEnforcerOptions, log: Logger): AuditOutput =>
  new AuditOutput(
    teeSink([
      new FileSink({ file: auditLog, node }),
      new StreamSink({ stream: process.stdout, file: 'standard output', node }),
    ]),
    log,
  );

interface Serving {
  readonly options: NodeEnforcerOptions;
  readonly context: CommandContext;
  readonly log: Logger;
  readonly api: Api;
  readonly audit: AuditOutput;
  /** Hears why this node is not ready; undefined: it is. */
  readonly setWhyNot: (why: string | undefined) => void;
}

const openNode = ({ options, log, api, audit }: Serving): ClusterNode => {
  requireTracing();
  const { store, namespaces, permissions, owner, readPod } = api;
  const { node, state, pins, hold, ownNamespace, nriSocket } = options;
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
    nriSocket,
    findings: () => [permissions.finding],
    owner: () => owner.reference,
    namespaceLabels: () => namespaces.labels(),
    readPod,
    write: (records) => audit.write(records),
  });
};

/** Tries until it can; what is in the way is shown in the node's object meanwhile. */
const openWhenAble = async (serving: Serving): Promise<ClusterNode | undefined> => {
  const { context, log, api, options, setWhyNot } = serving;
  const { store, permissions, owner } = api;
  let said = '';
  for (let tried = 1; !context.signal.aborted; tried += 1) {
    try {
      return openNode(serving);
    } catch (error) {
      if (!(error instanceof PinfoldError)) throw error;
      const { code, message: problem } = error;
      if (said !== problem)
        log.error({ code, problem, remedy: error.remedy }, 'cannot enforce here');
      said = problem;
      setWhyNot(`${code}: ${problem}`);
      const unable = {
        ...{ node: options.node, error, findings: [permissions.finding] },
        ...(owner.reference === undefined ? {} : { owner: owner.reference }),
      };
      await reportUnable(store, unable, Date.now()).catch((failure: unknown) => {
        log.warn({ problem: reasonOf(failure) }, 'the node object cannot be written');
      });
      const delay = delayAfter(tried, RETRY, Math.random());
      await sleep(delay, undefined, { signal: context.signal }).catch(() => undefined); // told to end
    }
  }
  return undefined;
};

export const run: RunCommand<NodeEnforcerOptions> = async (context, options) => {
  const log = createLog(context.stderr, context.isErrorTerminal, context.settings.debug);
  const api = await openApi(options, log);
  const audit = openAudit(options, log);
  let whyNot: string | undefined = 'starting';
  const setWhyNot = (why: string | undefined): void => {
    whyNot = why;
  };
  const serving: Serving = { options, context, log, api, audit, setWhyNot };
  const health = await serveHealth(options.healthPort, () => {
    const { holds, reason, message } = api.permissions.finding;
    return whyNot ?? (holds ? undefined : `${reason}: ${message}`);
  });
  const following = follow(api, log, context.signal);
  const node = await openWhenAble(serving);
  try {
    if (node !== undefined) {
      api.namespaces.onChange(() => {
        node.namespacesChanged();
      });
      // It waits for an API server that was never reached; being told to end does not.
      await Promise.race([node.start(), aborted(context.signal)]);
      if (!context.signal.aborted) {
        setWhyNot(undefined);
        log.info({ node: options.node, lsm: node.agent.lsm, pid: process.pid }, 'ready');
      }
    }
    await aborted(context.signal);
    log.info({ reason: String(context.signal.reason) }, 'stopping');
  } finally {
    await endWithin(SHUTDOWN_MS, [
      () => node?.stop(),
      () => following,
      () => api.store.close(),
      () => health.close(),
      () => {
        audit.close();
      },
    ]);
  }
  return 0;
};
