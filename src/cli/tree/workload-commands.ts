/** Commands that run, follow or keep programs: they need root and a kernel with BTF. */
import { auditLogOf } from '../settings.js';
import {
  auditLogOption,
  clusterOf,
  clusterOptions,
  resultFormat,
  resultOption,
  stateOption,
} from './shared-options.js';
import type { CommandSpec } from './spec.js';

const command = {
  name: 'command',
  description: 'program to run, with its arguments; put -- before it',
  variadic: true,
  completes: 'files',
} as const;

const DEGRADED = ['Refuse', 'Audit', 'Kill'] as const;
const MODES = ['Audit', 'Enforce'] as const;

const record: CommandSpec = {
  name: 'record',
  summary: 'run or follow a program and write what it does as a profile',
  description:
    'Runs a program, or follows one that runs, and writes what it does as a SecurityProfile. ' +
    'Ctrl-C ends the recording and writes.',
  arguments: [{ ...command, optional: true }],
  options: [
    {
      flags: '-o, --output <file>',
      description: 'where the profile goes; default: standard output',
      completes: 'files',
    },
    {
      flags: '--for <duration>',
      description: 'stop after this long, such as 30s or 5m',
      completes: 'nothing',
    },
    {
      flags: '--cgroup <path>',
      description: 'follow what runs in this cgroup',
      completes: 'directories',
    },
    {
      flags: '--pid <pid>',
      description: 'follow this process and its descendants',
      completes: 'nothing',
    },
    {
      flags: '--name <name>',
      description: 'name of the profile; default: that of the program',
      completes: 'nothing',
    },
    {
      flags: '--format <format>',
      description: 'form of the profile; only yaml holds comments',
      choices: ['yaml', 'json'],
      default: 'yaml',
    },
  ],
  examples: [
    ['record -o ls.yaml -- /bin/ls -l /etc', 'Record a program from its start to its end'],
    ["record -o web.yaml -- nginx -g 'daemon off;'", 'Record a server until Ctrl-C'],
    ['record --pid 1234 --for 5m -o app.yaml', 'Follow what runs already for five minutes'],
    ['record --cgroup /system.slice/redis-server.service -o redis.yaml', 'Follow a service'],
  ],
  exits: [
    [126, 'the program exists and cannot be executed'],
    [127, 'the program does not exist'],
  ],
  passesThrough: true,
  endsOnSignal: true,
  run: async (context, raw, args) => {
    const { run } = await import('../commands/record.js');
    const output = raw.text('output');
    const forMs = raw.duration('for');
    const cgroup = raw.text('cgroup');
    const pid = raw.positive('pid');
    const name = raw.text('name');
    const options = {
      ...(output !== undefined && { output }),
      ...(forMs !== undefined && { forMs }),
      ...(cgroup !== undefined && { cgroup }),
      ...(pid !== undefined && { pid }),
      ...(name !== undefined && { name }),
      format: raw.choice('format', ['yaml', 'json']) ?? 'yaml',
    };
    return run(context, options, args);
  },
};

const runProfile: CommandSpec = {
  name: 'run',
  summary: 'run a program inside a profile',
  description: 'Runs a program inside a profile. Exit status and signals are those of the program.',
  arguments: [command],
  options: [
    {
      flags: '--profile <file>',
      description: 'file with the profile; repeated: files with what it extends',
      completes: 'files',
      repeatable: true,
      required: true,
    },
    { flags: '--mode <mode>', description: 'instead of what the profile says', choices: MODES },
    auditLogOption,
    {
      flags: '--state <dir>',
      description: 'also keep status and Events there, for get and describe',
      completes: 'directories',
    },
    {
      flags: '--on-degraded <action>',
      description: 'what to do where this machine cannot enforce a part; default: as the profile',
      choices: DEGRADED,
    },
  ],
  examples: [
    ['run --profile ls.yaml -- /bin/ls -l /etc', 'Enforce or audit, as the profile says'],
    [
      'run --profile web.yaml --mode Audit --audit-log web.jsonl -- nginx',
      'Deny nothing, write it down',
    ],
  ],
  exits: [
    [125, 'Pinfold failed before the program was started; the code is in the message'],
    [126, 'the program exists and cannot be executed'],
    [127, 'the program does not exist'],
  ],
  passesThrough: true,
  endsOnSignal: true,
  runsCommand: true,
  run: async (context, raw, args) => {
    const { run } = await import('../commands/run.js');
    const mode = raw.choice('mode', MODES);
    const { auditLog } = context.settings;
    const onDegraded = raw.choice('onDegraded', DEGRADED);
    const state = raw.text('state');
    const options = {
      profiles: raw.texts('profile'),
      ...(mode !== undefined && { mode }),
      ...(auditLog !== undefined && { auditLog }),
      ...(onDegraded !== undefined && { onDegraded }),
      ...(state !== undefined && { state }),
    };
    return run(context, options, args);
  },
};

const up: CommandSpec = {
  name: 'up',
  summary: 'keep a directory of profiles in force on this machine',
  description:
    'Operator, enforcer and recorder in one process: puts the profiles of a directory in force, ' +
    'follows changes of its files, and keeps status, Events and the audit log in another.',
  arguments: [],
  options: [
    {
      flags: '--manifests <dir>',
      description: 'directory of YAML and JSON files',
      completes: 'directories',
      required: true,
    },
    stateOption,
    auditLogOption,
    { flags: '--once', description: 'bring everything into force, write status, and end' },
  ],
  examples: [
    ['up --manifests ./profiles --state ./state', 'Keep ./profiles in force until Ctrl-C'],
    ['up --manifests ./profiles --state ./state --once', 'See what would come of it'],
  ],
  endsOnSignal: true,
  run: async (context, raw) => {
    const { run } = await import('../commands/up.js');
    const options = {
      manifests: raw.text('manifests') ?? '.',
      state: context.settings.stateDirectory,
      auditLog: auditLogOf(context.settings),
      once: raw.flag('once'),
    };
    return run(context, options, []);
  },
};

const detach: CommandSpec = {
  name: 'detach',
  summary: 'end what a stopped `up` left in force',
  description:
    'Network rules stay with their cgroups when `up` ends, so that its death does not open them. ' +
    'This takes them away, as recorded in the state directory.',
  arguments: [],
  options: [
    {
      flags: '--node',
      description: 'also what a node enforcer left pinned in /sys/fs/bpf/pinfold',
    },
    stateOption,
  ],
  examples: [
    ['detach --state ./state', 'Open what `up --state ./state` left enforced'],
    ['detach --node', 'End what the node enforcer of a cluster left on this node'],
  ],
  exits: [
    [6, '`up` still runs'],
    [7, 'there is no such state directory'],
  ],
  run: async (context, raw) => {
    const { run } = await import('../commands/detach.js');
    const pins = raw.flag('node') ? { pins: '/sys/fs/bpf/pinfold' } : {};
    return run(context, { state: context.settings.stateDirectory, ...pins }, []);
  },
};

const status: CommandSpec = {
  name: 'status',
  summary: 'what a cluster enforces node by node, or what this machine can',
  description:
    'Of a cluster, where one is at hand: whether the operator runs, and what each node can and does ' +
    'enforce. Else of this machine: what it can record and enforce, class by class.',
  arguments: [],
  options: [
    { flags: '--machine', description: 'this machine, whatever cluster is at hand' },
    ...clusterOptions,
    resultOption,
  ],
  examples: [
    ['status', 'Which step of the ladder this machine stands on'],
    ['status -o json', 'The same for programs'],
  ],
  run: async (context, raw) => {
    const { run } = await import('../commands/status.js');
    const options = {
      output: resultFormat(raw),
      machine: raw.flag('machine'),
      ...clusterOf(raw),
    };
    return run(context, options, []);
  },
};

export const WORKLOAD_COMMANDS: readonly CommandSpec[] = [record, runProfile, up, detach, status];
