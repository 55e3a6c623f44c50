/** Commands on files alone: neither root nor a particular kernel is needed. */
import { ARCHITECTURES, PROTOCOLS } from '../../policy/operation.js';
import { resultFormat, resultOption, stateOption } from './shared-options.js';
import type { ArgumentSpec, CommandSpec, OptionSpec } from './spec.js';

const files = (description: string): ArgumentSpec => ({
  name: 'file',
  description,
  variadic: true,
  completes: 'files',
});

const lint: CommandSpec = {
  name: 'lint',
  summary: 'say what is wrong with files, or too wide',
  description:
    'Checks files of objects: what is invalid (with line and column), then rules that allow nothing, ' +
    'are shadowed, or allow too much. Directories are searched for .yaml, .yml and .json; - is standard input.',
  arguments: [files('files or directories')],
  options: [resultOption, { flags: '--strict', description: 'warnings fail too' }],
  examples: [
    ['lint web.yaml', 'Check one file'],
    ['lint --strict -o json ./profiles', 'Check a directory, for a pipeline'],
  ],
  exits: [
    [0, 'everything is valid (there may be warnings)'],
    [3, 'something is invalid; with --strict, or there are warnings'],
  ],
  run: async (context, raw, args) => {
    const { run } = await import('../commands/lint.js');
    return run(context, { output: resultFormat(raw), strict: raw.flag('strict') }, args);
  },
};

const OPERATIONS = ['exec', 'open', 'connect', 'bind', 'cap', 'syscall', 'forbid'] as const;

const explainOptions: readonly OptionSpec[] = [
  {
    flags: '--profile <file>',
    description: 'file with the profile; repeated: files with what it extends',
    completes: 'files',
    repeatable: true,
  },
  {
    flags: '--access <list>',
    description: 'with open: Read, Write, Create, Delete, MapExecutable, Attributes; default Read',
    completes: ['Read', 'Write', 'Create', 'Delete', 'MapExecutable', 'Attributes'],
  },
  {
    flags: '--protocol <protocol>',
    description: 'with connect, bind; default TCP',
    choices: PROTOCOLS,
  },
  {
    flags: '--arch <abi>',
    description: 'with syscall; default: this machine',
    choices: ARCHITECTURES,
  },
  stateOption,
  resultOption,
];

const explain: CommandSpec = {
  name: 'explain',
  summary: 'why an operation is allowed or denied, and what would allow it',
  description:
    'Says what a profile makes of an operation: the verdict, the rule that decides, the nearest rule, ' +
    'and the smallest change that would allow it. The operation is one of\n' +
    '  exec PATH | open PATH | connect ADDRESS:PORT | bind ADDRESS:PORT | cap NAME | syscall NAME | forbid NAME\n' +
    'or an audit record: its JSON text, a file that holds it, or - for standard input. ' +
    "A record's profile is looked up in the state directory unless --profile is given.",
  arguments: [
    {
      name: 'operation',
      description: 'kind of operation, or an audit record',
      completes: OPERATIONS,
    },
    {
      name: 'object',
      description: 'path, address and port, or name',
      optional: true,
      completes: 'files',
    },
  ],
  options: explainOptions,
  examples: [
    ['explain --profile web.yaml open /etc/shadow --access Read', 'Would this be allowed?'],
    ['explain --profile web.yaml connect 10.1.2.3:5432', 'And this connection?'],
    ['explain --profile web.yaml syscall ptrace', 'And this system call?'],
    ['tail -n1 audit.jsonl | pinfold explain --profile web.yaml -', 'What would have allowed it?'],
  ],
  exits: [[0, 'explained, whatever the verdict is']],
  run: async (context, raw, args) => {
    const { run } = await import('../commands/explain.js');
    const access = raw.text('access');
    const protocol = raw.choice('protocol', PROTOCOLS);
    const architecture = raw.choice('arch', ARCHITECTURES);
    const options = {
      output: resultFormat(raw),
      profiles: raw.texts('profile'),
      ...(access !== undefined && { access }),
      ...(protocol !== undefined && { protocol }),
      ...(architecture !== undefined && { architecture }),
    };
    return run(context, options, args);
  },
};

const diff: CommandSpec = {
  name: 'diff',
  summary: 'what one profile allows and another does not',
  description: 'Compares what two profiles allow, not how they are written.',
  arguments: [
    { name: 'a', description: 'file with one profile', completes: 'files' },
    { name: 'b', description: 'file with one profile', completes: 'files' },
  ],
  options: [resultOption],
  examples: [['diff old.yaml new.yaml', 'What a change takes away (-) and adds (+)']],
  exits: [
    [0, 'both allow the same'],
    [1, 'they differ, as with diff(1)'],
  ],
  run: async (context, raw, args) => {
    const { run } = await import('../commands/diff.js');
    return run(context, { output: resultFormat(raw) }, args);
  },
};

const merge: CommandSpec = {
  name: 'merge',
  summary: 'write one profile that allows what any of several allows',
  arguments: [files('files with one profile each; the first gives name, mode and selector')],
  options: [
    {
      flags: '-o, --output <file>',
      description: 'where the profile goes; default: standard output',
      completes: 'files',
    },
    { flags: '--name <name>', description: 'name of the result', completes: 'nothing' },
    {
      flags: '--format <format>',
      description: 'form of the result',
      choices: ['yaml', 'json'],
      default: 'yaml',
    },
  ],
  examples: [['merge run1.yaml run2.yaml -o web.yaml', 'One profile of two recordings']],
  run: async (context, raw, args) => {
    const { run } = await import('../commands/merge.js');
    const output = raw.text('output');
    const name = raw.text('name');
    const options = {
      format: raw.choice('format', ['yaml', 'json']) ?? 'yaml',
      ...(output !== undefined && { output }),
      ...(name !== undefined && { name }),
    };
    return run(context, options, args);
  },
};

const EXPORTS = ['seccomp', 'networkpolicy'] as const;

const exportCommand: CommandSpec = {
  name: 'export',
  summary: 'write a profile for other tools, naming what they cannot express',
  arguments: [{ name: 'file', description: 'file with one profile', completes: 'files' }],
  options: [
    {
      flags: '--format <format>',
      description: 'seccomp: JSON of the OCI runtimes; networkpolicy: a Kubernetes object',
      choices: EXPORTS,
      required: true,
    },
    {
      flags: '-o, --output <format>',
      description: 'document and what it leaves out, together; default: the bare document',
      choices: ['json', 'yaml'],
    },
  ],
  examples: [
    ['export --format seccomp web.yaml > web.json', 'For --security-opt seccomp=web.json'],
    ['export --format networkpolicy web.yaml | kubectl apply -f -', 'For a cluster'],
  ],
  exits: [[0, 'written; what cannot be expressed is on standard error']],
  run: async (context, raw, args) => {
    const { run } = await import('../commands/export.js');
    const format = raw.choice('format', EXPORTS) ?? 'seccomp';
    const output = raw.choice('output', ['json', 'yaml']);
    return run(context, { format, ...(output !== undefined && { output }) }, args);
  },
};

export const OFFLINE_COMMANDS: readonly CommandSpec[] = [lint, explain, diff, merge, exportCommand];
