/**
 * Commands as data. The command line parser, the help texts and the shell completions are all made
 * from it; nothing here imports what a command needs to run.
 */
import type { CommandContext } from '../context.js';
import type { RawOptions } from './raw-options.js';

/** What a shell offers for a value: files, directories, kinds, names of profiles' files, or these words. */
export type Completes = 'files' | 'directories' | 'kinds' | 'nothing' | readonly string[];

export interface ArgumentSpec {
  readonly name: string;
  readonly description: string;
  readonly optional?: true;
  /** The last argument, any number of times. */
  readonly variadic?: true;
  readonly completes: Completes;
}

export interface OptionSpec {
  /** As commander writes them: `-o, --output <format>`. */
  readonly flags: string;
  readonly description: string;
  /** The only values that are taken. */
  readonly choices?: readonly string[];
  readonly default?: string;
  readonly repeatable?: true;
  readonly required?: true;
  /** Needed where a value is taken and `choices` is absent. */
  readonly completes?: Completes;
}

export interface CommandSpec {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What the command's own help says; absent: the summary. */
  readonly description?: string;
  readonly arguments: readonly ArgumentSpec[];
  readonly options: readonly OptionSpec[];
  /** Each without `pinfold`, and what it does. */
  readonly examples: readonly (readonly [command: string, meaning: string])[];
  /** Exit statuses beyond those that every command has. */
  readonly exits?: readonly (readonly [status: number, meaning: string])[];
  /** What follows the first argument is another command's, options included. */
  readonly passesThrough?: true;
  /** SIGINT, SIGTERM and SIGHUP abort the context's signal instead of killing the process. */
  readonly endsOnSignal?: true;
  /** Failures of Pinfold get statuses of their own, apart from those of the command that it runs. */
  readonly runsCommand?: true;
  readonly run: (
    context: CommandContext,
    options: RawOptions,
    args: readonly string[],
  ) => Promise<number>;
}
