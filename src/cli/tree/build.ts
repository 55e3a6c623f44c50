/** From commands as data to the parser. */
import { Argument, Command, Option } from 'commander';
import type { CommanderError } from 'commander';
import { PinfoldError } from '../../errors.js';
import type { ArgumentSpec, CommandSpec, OptionSpec } from './spec.js';

/** What the command line asks for. */
export interface Invocation {
  readonly spec: CommandSpec;
  /** By camelCase name. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly args: readonly string[];
}

/** The command line is wrong; `spec` is the command whose part is, where it got that far. */
export class UsageFailure extends Error {
  readonly error: PinfoldError;
  readonly spec: CommandSpec | undefined;

  constructor(cause: CommanderError, spec: CommandSpec | undefined) {
    super(cause.message, { cause });
    this.name = 'UsageFailure';
    this.spec = spec;
    const problem = cause.message.replace(/^error: /, '').replaceAll('\n', ' ');
    this.error = new PinfoldError('UsageError', { problem }, { cause });
  }
}

/** Help or the version was printed, and nothing else is to be done. */
export class Answered extends Error {
  constructor() {
    super('answered');
    this.name = 'Answered';
  }
}

const leave =
  (spec?: CommandSpec) =>
  (error: CommanderError): never => {
    if (error.exitCode === 0) throw new Answered();
    throw new UsageFailure(error, spec);
  };

const optionOf = (spec: OptionSpec): Option => {
  const option = new Option(spec.flags, spec.description);
  if (spec.choices !== undefined) option.choices(spec.choices);
  if (spec.default !== undefined) option.default(spec.default);
  if (spec.required === true) option.makeOptionMandatory();
  if (spec.repeatable === true)
    option.argParser((value: string, before: readonly string[] | undefined) => [
      ...(before ?? []),
      value,
    ]);
  return option;
};

const argumentOf = ({ name, description, optional, variadic }: ArgumentSpec): Argument => {
  const dots = variadic === true ? '...' : '';
  return new Argument(optional === true ? `[${name}${dots}]` : `<${name}${dots}>`, description);
};

const COMMON_EXITS = '  0  done; see docs/cli.md for those that every command shares';

const afterHelp = (program: string, { examples, exits = [] }: CommandSpec): string => {
  const shown = examples.map(([command, meaning]) => `  # ${meaning}\n  ${program} ${command}`);
  const statuses = exits.map(([status, meaning]) => `  ${status}  ${meaning}`);
  return [
    '',
    'Examples:',
    shown.join('\n\n'),
    ...(exits.length > 0 ? ['', 'Exit status:', ...statuses] : ['', 'Exit status:', COMMON_EXITS]),
  ].join('\n');
};

const addCommand = (
  program: Command,
  spec: CommandSpec,
  chosen: (invocation: Invocation) => void,
): void => {
  const command = program.command(spec.name).summary(spec.summary);
  command.description(spec.description ?? spec.summary).exitOverride(leave(spec));
  for (const argument of spec.arguments) command.addArgument(argumentOf(argument));
  for (const option of spec.options) command.addOption(optionOf(option));
  if (spec.passesThrough === true) command.passThroughOptions();
  command.addHelpText('after', afterHelp(program.name(), spec));
  command.action(() => {
    chosen({ spec, options: command.opts(), args: command.args });
  });
};

export interface ProgramText {
  readonly name: string;
  readonly version: string;
  readonly write: (text: string) => void;
  readonly columns: number | undefined;
}

/**
 * What the arguments (without interpreter and script) ask for.
 * Throws UsageFailure, or Answered after help or the version was written.
 */
export const parseCommandLine = (
  argv: readonly string[],
  commands: readonly CommandSpec[],
  { name, version, write, columns }: ProgramText,
): Invocation => {
  let invocation: Invocation | undefined;
  const program = new Command(name)
    .description('Keeps a program inside the behaviour it was seen to have.')
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .enablePositionalOptions()
    .exitOverride(leave())
    .configureOutput({
      writeOut: write,
      // Errors are reported by the frame, all in one form.
      writeErr: () => undefined,
      getOutHelpWidth: () => columns ?? 100,
    });
  for (const spec of commands)
    addCommand(program, spec, (found) => {
      invocation = found;
    });
  if (argv.length === 0) {
    program.outputHelp();
    throw new Answered();
  }
  program.parse(argv, { from: 'user' });
  if (invocation === undefined) throw new Answered();
  return invocation;
};
