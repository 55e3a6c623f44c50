/** The frame of every command: parse, prepare, run, report. */
import { EXIT, PinfoldError, reasonOf } from '../errors.js';
import { coloursFor } from './colours.js';
import type { CommandContext, Output } from './context.js';
import { exitStatusOf, reportError } from './report-error.js';
import { settingsOf } from './settings.js';
import { Answered, parseCommandLine, UsageFailure } from './tree/build.js';
import type { Invocation } from './tree/build.js';
import { COMMANDS } from './tree/commands.js';
import { rawOptions } from './tree/raw-options.js';
import { packageVersion } from './version.js';

/** What became of what was written to stdout. Broken: nobody reads it any more. */
export type OutputState = 'Fine' | 'Broken' | { readonly problem: unknown };

/** The world around a run of the command line; tests give their own. */
export interface Io extends Omit<CommandContext, 'colour' | 'settings'> {
  /** As the user typed it: `pinfold` or `kubectl pinfold`. */
  readonly programName: string;
  /** From now on, signals that would end the process abort `signal` instead. */
  readonly watchSignals: () => void;
  /** Resolves when what was written to stdout has left. */
  readonly flushed: () => Promise<OutputState>;
}

const runCommand = async ({ spec, options, args }: Invocation, io: Io): Promise<number> => {
  const raw = rawOptions(options);
  const flags = {
    state: raw.text('state'),
    auditLog: raw.text('auditLog'),
    namespace: raw.text('namespace'),
  };
  const settings = settingsOf(flags, io.env, io.cwd);
  if (spec.endsOnSignal === true) io.watchSignals();
  const colour = coloursFor(io.isTerminal, io.env);
  return spec.run({ ...io, colour, settings }, raw, args);
};

const isDebug = (env: CommandContext['env']): boolean => env.PINFOLD_DEBUG === '1';

const report = (thrown: unknown, io: Io, runsCommand: boolean): number => {
  reportError(thrown, io.stderr, isDebug(io.env));
  return exitStatusOf(thrown, runsCommand);
};

const parse = (argv: readonly string[], io: Io): Invocation | number => {
  const write: Output['write'] = (text) => {
    io.stdout.write(text);
  };
  try {
    const { programName: name } = io;
    const version = packageVersion();
    return parseCommandLine(argv, COMMANDS, { name, version, write, columns: io.stdout.columns });
  } catch (thrown) {
    if (thrown instanceof Answered) return EXIT.ok;
    if (!(thrown instanceof UsageFailure)) return report(thrown, io, false);
    return report(thrown.error, io, thrown.spec?.runsCommand === true);
  }
};

const attempt = async (argv: readonly string[], io: Io): Promise<number> => {
  const invocation = parse(argv, io);
  if (typeof invocation === 'number') return invocation;
  try {
    return await runCommand(invocation, io);
  } catch (thrown) {
    return report(thrown, io, invocation.spec.runsCommand === true);
  }
};

/**
 * Runs one command line (arguments without interpreter and script) and resolves to the exit status.
 * Never rejects. A reader of stdout that went away is no failure; a full disk under it is.
 */
export const runMain = async (argv: readonly string[], io: Io): Promise<number> => {
  const status = await attempt(argv, io);
  const state = await io.flushed();
  // A reader that has seen enough changes nothing about what the command found.
  if (state === 'Fine' || state === 'Broken') return status;
  const error = new PinfoldError(
    'OutputFailed',
    { file: 'standard output', problem: reasonOf(state.problem) },
    { cause: state.problem },
  );
  reportError(error, io.stderr, false);
  return error.exitCode;
};
