/** `pinfold run`: runs a command under a profile; exit status and signals are the command's. */
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { BatchedLines } from '../../audit/batch.js';
import type { AuditRecord, JudgingMode } from '../../audit/record.js';
import { FileSink } from '../../audit/sink-file.js';
import { PinfoldError } from '../../errors.js';
import { requireTracing } from '../../node-enforcer/abilities.js';
import type { Launched } from '../../node-enforcer/launcher.js';
import { loadProfile } from '../../node-enforcer/profile-input.js';
import type { LoadedProfile } from '../../node-enforcer/profile-input.js';
import { run as runUnder } from '../../node-enforcer/run.js';
import type { RunResult } from '../../node-enforcer/run.js';
import type { OnDegraded } from '../../policy/ladder/degraded.js';
import type { Gap } from '../../policy/ladder/types.js';
import type { CommandContext } from '../context.js';
import { RunState } from '../../node-enforcer/run-state.js';
import { forwardSignals } from '../forward-signals.js';
import { recordLine } from '../print/violation-line.js';

export interface RunCommandOptions {
  /** The first holds the profile; the others what it extends. */
  readonly profiles: readonly string[];
  readonly mode?: JudgingMode;
  readonly auditLog?: string;
  readonly onDegraded?: OnDegraded;
  /** Directory that keeps status and Events, as that of `pinfold up`. */
  readonly state?: string;
}

const say = (context: CommandContext, text: string): void => {
  context.stderr.write(`pinfold: ${text}\n`);
};

/** Disabled and Record judge nothing; a run under a profile is for judging. */
const modeOf = ({ profile }: LoadedProfile, options: RunCommandOptions): JudgingMode => {
  if (options.mode !== undefined) return options.mode;
  const { mode } = profile.spec;
  if (mode === 'Audit' || mode === 'Enforce') return mode;
  throw new PinfoldError('UsageError', {
    problem: `the profile's mode is ${mode}, which judges nothing; give --mode Audit or --mode Enforce`,
  });
};

/** `exec LoaderExecutable; files DirectoryListing, ExecutableReadable`. */
const gapSummary = (gaps: readonly Gap[]): string =>
  [...new Set(gaps.map((gap) => gap.class))]
    .map((name) => {
      const codes = gaps.filter((gap) => gap.class === name).map(({ code }) => code);
      return `${name} ${[...new Set(codes)].join(', ')}`;
    })
    .join('; ');

const summary = (result: RunResult): string | undefined => {
  const parts = [
    [result.denied, 'denied'],
    [result.wouldDeny, 'would be denied'],
    [result.observed, 'not allowed and not deniable here'],
    [result.lost, 'events lost'],
  ] as const;
  const said = parts
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${String(count)} ${what}`);
  return said.length === 0 ? undefined : said.join(', ');
};

/** Ends as the command ended: with its status, or by its signal. */
const endAs = ({ exit }: RunResult): number => {
  if (exit.signal === null) return exit.code ?? 0;
  process.removeAllListeners(exit.signal);
  process.kill(process.pid, exit.signal);
  // Reached only where the signal does not end this process at once: the shell's form of it.
  return 128 + (SIGNAL_NUMBERS[exit.signal] ?? 0);
};

const SIGNAL_NUMBERS: Readonly<Partial<Record<NodeJS.Signals, number>>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGTERM: 15,
};

export const run = async (
  context: CommandContext,
  options: RunCommandOptions,
  args: readonly string[],
): Promise<number> => {
  const [command, ...rest] = args;
  if (command === undefined)
    throw new PinfoldError('UsageError', { problem: 'no command after --' });
  const loaded = loadProfile(options.profiles.map((file) => resolve(context.cwd, file)));
  const mode = modeOf(loaded, options);
  requireTracing();
  const state =
    options.state === undefined
      ? undefined
      : await RunState.open(resolve(context.cwd, options.state), loaded.profile, mode);
  const file =
    options.auditLog ??
    context.settings.auditLog ??
    (options.state === undefined ? undefined : join(options.state, 'audit.jsonl'));
  const sink =
    file === undefined
      ? undefined
      : new FileSink({
          file: resolve(context.cwd, file),
          node: hostname(),
          onHealth: (health) => {
            if (health.kind === 'Failing')
              say(context, `${health.error.code}: ${health.error.message}`);
          },
        });
  const lines = sink && new BatchedLines(sink);
  const onRecords = (records: readonly AuditRecord[]): void => {
    state?.take(records);
    if (lines !== undefined) for (const record of records) lines.add(record);
    else for (const text of records.map(recordLine)) if (text !== undefined) say(context, text);
  };
  const forwarding = forwardSignals(process.stdin.isTTY);
  let ending: RunResult;
  try {
    const result = await runUnder({
      loaded,
      mode,
      onDegraded: options.onDegraded ?? loaded.profile.spec.onDegraded,
      command,
      arguments: rest,
      onRecords,
      flush: () => lines?.flush(),
      // Events and status are made of records.
      ...(lines !== undefined && state === undefined ? { lines } : {}),
      onGaps: (gaps) => {
        state?.gaps(gaps);
        if (gaps.length > 0)
          say(context, `observed here, not enforced: ${gapSummary(gaps)} (\`pinfold status\`)`);
      },
      onLaunch: (launched: Launched) => {
        forwarding.to(launched);
        for (const path of launched.skipped) say(context, `skipped: ${path} leads nowhere now`);
      },
    });
    const text = summary(result);
    if (text !== undefined) say(context, file === undefined ? text : `${text}; see ${file}`);
    if (result.leftBehind > 0)
      say(
        context,
        `${String(result.leftBehind)} process(es) left behind by the command were ended`,
      );
    ending = result;
  } finally {
    forwarding.stop();
    lines?.flush();
    sink?.close();
    await state?.close();
  }
  return endAs(ending);
};
