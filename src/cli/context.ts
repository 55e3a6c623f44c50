/** What every command gets, instead of reaching for the process: so that tests can run it too. */
import type { Colours } from './colours.js';
import type { Settings } from './settings.js';

/** Where text goes. A broken pipe is no error here: what is written after it is dropped. */
export interface Output {
  write(text: string): void;
  /** Terminal width in columns; absent where it is no terminal. */
  readonly columns?: number | undefined;
}

export interface CommandContext {
  /** Results. */
  readonly stdout: Output;
  /** Messages, progress and errors. */
  readonly stderr: Output;
  /** Everything on standard input, once. */
  readonly readStdin: () => Promise<Uint8Array>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute; relative paths of the user start here. */
  readonly cwd: string;
  /** Whether stdout is a terminal. */
  readonly isTerminal: boolean;
  /** Whether stderr is a terminal: a live line may be drawn there. */
  readonly isErrorTerminal: boolean;
  /** For stdout; every function is the identity where colours are off. */
  readonly colour: Colours;
  /**
   * Aborts at the first SIGINT, SIGTERM or SIGHUP (`reason` is its name) and when stdout breaks
   * (`reason` is `EPIPE`). Signals are watched only for commands that are marked `endsOnSignal`.
   */
  readonly signal: AbortSignal;
  readonly settings: Settings;
}

/** A command: resolves to the exit status; throws PinfoldError for what the frame shall report. */
export type RunCommand<Options> = (
  context: CommandContext,
  options: Options,
  args: readonly string[],
) => Promise<number>;
