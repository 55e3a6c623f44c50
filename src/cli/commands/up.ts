/** `pinfold up`: operator, enforcer and recorder in one process over a directory of manifests. */
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { RecordBatch, writeRecords } from '../../audit/batch.js';
import { FileSink } from '../../audit/sink-file.js';
import { PinfoldError, reasonOf } from '../../errors.js';
import { requireTracing } from '../../node-enforcer/abilities.js';
import { Agent } from '../../node-enforcer/agent/agent.js';
import { Operator } from '../../operator/operator.js';
import { DirectoryStore } from '../../store/directory/directory-store.js';
import type { ObjectKey } from '../../store/store.js';
import type { CommandContext, RunCommand } from '../context.js';
import type { UpOptions } from '../options.js';
import { createLog } from './up-log.js';

/** How long an orderly end may take, ms: recordings and status are written meanwhile. */
const SHUTDOWN_MS = 15_000;

/** ms between attempts to write what the audit log could not take. */
const FLUSH_LOG_MS = 1_000;

const aborted = (signal: AbortSignal): Promise<void> =>
  signal.aborted
    ? Promise.resolve()
    : new Promise((done) => {
        signal.addEventListener('abort', () => {
          done();
        });
      });

/** Rejects when the work is not done in time; what is left undone is lost with the process. */
const within = async (ms: number, work: Promise<void>): Promise<void> => {
  const late = new AbortController();
  const deadline = sleep(ms, undefined, { signal: late.signal }).then(() => {
    throw new PinfoldError('Internal', { problem: `shutdown took more than ${ms / 1000} s` });
  });
  try {
    await Promise.race([work, deadline]);
  } finally {
    late.abort();
    await deadline.catch(() => undefined); // aborted, or the failure that the race threw already
  }
};

interface Parts {
  readonly store: DirectoryStore;
  readonly agent: Agent;
  readonly operator: Operator;
  readonly sink: FileSink;
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
    const sink = new FileSink({ file: auditLog, node });
    const batch = new RecordBatch();
    let report: (profile: ObjectKey) => void = () => undefined;
    const agent = Agent.open({
      store,
      state,
      node,
      log,
      write: (records) => {
        writeRecords(records, batch, sink);
        return sink.health().lost;
      },
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
    return { store, agent, operator, sink };
  } catch (error) {
    await store.close();
    throw error;
  }
};

const shutDown = async ({ store, agent, operator, sink }: Parts): Promise<void> => {
  await agent.stop();
  await operator.stop();
  await agent.close();
  sink.close();
  await store.close();
};

/** Retries what the log could not take, and says when that begins and ends. */
const tendLog = (sink: FileSink, log: Logger): NodeJS.Timeout => {
  let failing = false;
  return setInterval(() => {
    sink.flush();
    const health = sink.health();
    if (health.kind === 'Failing' && !failing)
      log.error({ code: health.error.code, problem: health.error.message }, 'audit log failing');
    if (health.kind === 'Healthy' && failing)
      log.info({ lost: health.lost }, 'audit log works again');
    failing = health.kind === 'Failing';
  }, FLUSH_LOG_MS);
};

export const run: RunCommand<UpOptions> = async (context, options) => {
  requireTracing();
  const log = createLog(context.stderr, context.isErrorTerminal, context.settings.debug);
  const parts = await openParts(options, context, log);
  const { agent, operator, sink, store } = parts;
  const tending = tendLog(sink, log);
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
    clearInterval(tending);
    await within(SHUTDOWN_MS, shutDown(parts)).catch((error: unknown) => {
      log.error({ problem: reasonOf(error) }, 'shutdown failed');
      throw error;
    });
  }
  log.info({}, 'stopped');
  return 0;
};
