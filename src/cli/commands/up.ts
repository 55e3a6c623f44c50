/** `pinfold up`: operator, enforcer and recorder in one process over a directory of manifests. */
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Logger } from 'pino';
import { FileSink } from '../../audit/sink-file.js';
import { reasonOf } from '../../errors.js';
import { requireTracing } from '../../node-enforcer/abilities.js';
import { Agent } from '../../node-enforcer/agent/agent.js';
import { Operator } from '../../operator/operator.js';
import { DirectoryStore } from '../../store/directory/directory-store.js';
import type { ObjectKey } from '../../store/store.js';
import { AuditOutput } from '../audit-output.js';
import type { CommandContext, RunCommand } from '../context.js';
import type { UpOptions } from '../options.js';
import { aborted, endWithin } from '../serving.js';
import { createLog } from './up-log.js';

/** How long an orderly end may take, ms: recordings and status are written meanwhile. */
const SHUTDOWN_MS = 15_000;

interface Parts {
  readonly store: DirectoryStore;
  readonly agent: Agent;
  readonly operator: Operator;
  readonly audit: AuditOutput;
}

const openParts = async (
  options: UpOptions,
  context: CommandContext,
  log: Logger,
): Promise<Parts> => {
  const { state, auditLog } = options;
  const node = hostname();
  const store = await DirectoryStore.open({
    manifests: resolve(context.cwd, options.manifests),
    state,
    onProblem: ({ code, message }) => {
      log.error({ code, problem: message }, 'state problem');
    },
  });
  try {
    const audit = new AuditOutput(new FileSink({ file: auditLog, node }), log);
    let report: (profile: ObjectKey) => void = () => undefined;
    const agent = Agent.open({
      store,
      state,
      node,
      log,
      write: (records) => audit.write(records),
      onReport: (profile) => {
        report(profile);
      },
    });
    const self: ObjectKey = { kind: 'NodeEnforcement', name: node };
    const operator = new Operator({
      store,
      reports: agent,
      log,
      self,
      onLatest: () => {
        agent.refresh();
      },
    });
    report = (profile) => {
      operator.reported(profile);
    };
    return { store, agent, operator, audit };
  } catch (error) {
    await store.close();
    throw error;
  }
};

const shutDown = ({ store, agent, operator, audit }: Parts): Promise<void> =>
  endWithin(SHUTDOWN_MS, [
    () => agent.stop(),
    () => operator.stop(),
    () => agent.close(),
    () => {
      audit.close();
    },
    () => store.close(),
  ]);

export const run: RunCommand<UpOptions> = async (context, options) => {
  requireTracing();
  const log = createLog(context.stderr, context.isErrorTerminal, context.settings.debug);
  const parts = await openParts(options, context, log);
  const { agent, operator, store } = parts;
  try {
    operator.start();
    await agent.start();
    await operator.settle();
    const { manifests, state, auditLog } = options;
    const rejected = store.problems().length;
    log.info(
      { manifests, state, auditLog, cgroups: agent.watched, rejected, pid: process.pid },
      'ready',
    );
    if (!options.once) await aborted(context.signal);
    log.info({ reason: options.once ? 'once' : String(context.signal.reason) }, 'stopping');
  } finally {
    await shutDown(parts).catch((error: unknown) => {
      log.error({ problem: reasonOf(error) }, 'shutdown failed');
      throw error;
    });
  }
  log.info({}, 'stopped');
  return 0;
};
