/** Commands that read objects, of a cluster or of the state directory of `pinfold up`, and its log. */
import {
  auditLogOption,
  clusterOf,
  clusterOptions,
  namespaceOption,
  outputFormat,
  outputOption,
  stateOption,
} from './shared-options.js';
import type { ArgumentSpec, CommandSpec, OptionSpec } from './spec.js';

const kind: ArgumentSpec = {
  name: 'kind',
  description: 'kind, plural or short name; several with commas; all',
  completes: 'kinds',
};

const name: ArgumentSpec = {
  name: 'name',
  description: 'names; none: every object',
  optional: true,
  variadic: true,
  completes: 'nothing',
};

const allNamespaces: OptionSpec = {
  flags: '-A, --all-namespaces',
  description: 'objects of every namespace',
};

const get: CommandSpec = {
  name: 'get',
  summary: 'list objects with their status',
  arguments: [kind, name],
  options: [namespaceOption, allNamespaces, stateOption, ...clusterOptions, outputOption],
  examples: [
    ['get securityprofiles', 'The profiles of the namespace default'],
    ['get sp web -n shop -o yaml', 'One of them, with its status'],
    ['get all -A', 'Everything there is'],
  ],
  exits: [[7, 'there is no such object or state directory']],
  run: async (context, raw, args) => {
    const { run } = await import('../commands/get.js');
    const options = {
      output: outputFormat(raw),
      allNamespaces: raw.flag('allNamespaces'),
      ...clusterOf(raw),
    };
    return run(context, options, args);
  },
};

const describe: CommandSpec = {
  name: 'describe',
  summary: 'an object with conditions, last violations and Events',
  arguments: [kind, name],
  options: [namespaceOption, allNamespaces, stateOption, ...clusterOptions],
  examples: [
    ['describe securityprofile web -n shop', 'Why a profile is not in force, and what it refused'],
    ['describe nodeenforcement', 'What this machine can enforce'],
  ],
  exits: [[7, 'there is no such object or state directory']],
  run: async (context, raw, args) => {
    const { run } = await import('../commands/describe.js');
    const options = { allNamespaces: raw.flag('allNamespaces'), ...clusterOf(raw) };
    return run(context, options, args);
  },
};

const LOG_FORMATS = ['table', 'json'] as const;

const logs: CommandSpec = {
  name: 'logs',
  summary: 'audit records',
  description: 'Prints the audit log of the state directory, or any other that is named.',
  arguments: [],
  options: [
    { flags: '-f, --follow', description: 'go on with what is appended' },
    {
      flags: '--profile <name>',
      description: 'only this profile: name or namespace/name; can be repeated',
      completes: 'nothing',
      repeatable: true,
    },
    {
      flags: '--since <duration>',
      description: 'only the last while, such as 10m',
      completes: 'nothing',
    },
    auditLogOption,
    stateOption,
    {
      flags: '-o, --output <format>',
      description: 'table: one line for people; json: records as they were written',
      choices: LOG_FORMATS,
      default: 'table',
    },
  ],
  examples: [
    ['logs -f', 'Watch what is denied'],
    ['logs --profile shop/web --since 1h -o json', 'Records of one profile for a program'],
    ['logs --audit-log web.jsonl', 'What `run --audit-log web.jsonl` wrote'],
  ],
  exits: [[7, 'there is no such log']],
  endsOnSignal: true,
  run: async (context, raw) => {
    const { run } = await import('../commands/logs.js');
    const sinceMs = raw.duration('since');
    const options = {
      output: raw.choice('output', LOG_FORMATS) ?? 'table',
      follow: raw.flag('follow'),
      profiles: raw.texts('profile'),
      ...(sinceMs !== undefined && { sinceMs }),
    };
    return run(context, options, []);
  },
};

export const STATE_COMMANDS: readonly CommandSpec[] = [get, describe, logs];
