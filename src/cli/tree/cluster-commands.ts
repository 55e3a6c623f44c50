/** Commands of a cluster: what runs there, and what people do with it. */
import { hostname } from 'node:os';
import { OWN_NAMESPACE } from '../../operator/own-namespace.js';
import { PinfoldError } from '../../errors.js';
import {
  auditLogOption,
  clusterOf,
  clusterOptions,
  namespaceOption,
  stateOption,
} from './shared-options.js';
import type { RawOptions } from './raw-options.js';
import type { CommandSpec, OptionSpec } from './spec.js';

const healthPortOption: OptionSpec = {
  flags: '--health-port <port>',
  description: 'port of /healthz and /readyz; 0: any that is free',
  default: '8081',
  completes: 'nothing',
};

const healthPort = (raw: RawOptions): number => {
  const text = raw.text('healthPort') ?? '8081';
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65535) return port;
  throw new PinfoldError('UsageError', {
    problem: `--health-port is ${JSON.stringify(text)}; expected a number from 0 to 65535`,
  });
};

const operator: CommandSpec = {
  name: 'operator',
  summary: "keep a cluster's profiles and revisions true",
  description:
    'Validates and composes profiles, writes their status from what nodes report, and makes ' +
    'revisions of recordings. Runs as a Deployment; see config/.',
  arguments: [],
  options: [
    {
      flags: '--leader-elect',
      description:
        'work only while holding the lease pinfold/pinfold-operator, so that others may wait',
    },
    healthPortOption,
    ...clusterOptions,
  ],
  examples: [['operator --kubeconfig admin.kubeconfig', 'Against a cluster from outside']],
  endsOnSignal: true,
  run: async (context, raw) => {
    const { run } = await import('../commands/operator.js');
    const leaderElect = raw.flag('leaderElect');
    return run(context, { healthPort: healthPort(raw), leaderElect, ...clusterOf(raw) }, []);
  },
};

const nodeEnforcer: CommandSpec = {
  name: 'node-enforcer',
  summary: "enforce a cluster's profiles on this node",
  description:
    'Follows the profiles of the cluster and the containers of this node, loads programs into the ' +
    'kernel, records and reports. Runs as a DaemonSet; see config/. What it put in force stays in ' +
    'force when it ends: `pinfold detach` ends that.',
  arguments: [],
  options: [
    {
      flags: '--node <name>',
      description: "name of this node (PINFOLD_NODE; default: the host's name)",
      completes: 'nothing',
    },
    {
      flags: '--hold <namespace>',
      description: 'its containers do not start unjudged; can be repeated',
      completes: 'nothing',
      repeatable: true,
    },
    {
      flags: '--pins <dir>',
      description: 'directory in bpffs for what outlives this process',
      default: '/sys/fs/bpf/pinfold',
      completes: 'directories',
    },
    {
      flags: '--nri-socket <path>',
      description: 'where the container runtime offers NRI',
      default: '/run/nri/nri.sock',
      completes: 'files',
    },
    stateOption,
    auditLogOption,
    healthPortOption,
    ...clusterOptions,
  ],
  examples: [
    ['node-enforcer', 'In a pod of the DaemonSet'],
    ['node-enforcer --node node1 --kubeconfig node.kubeconfig', 'On the node itself'],
  ],
  endsOnSignal: true,
  run: async (context, raw) => {
    const { run } = await import('../commands/node-enforcer.js');
    const { stateDirectory, auditLog = '/var/log/pinfold/audit.jsonl', node } = context.settings;
    return run(
      context,
      {
        node: raw.text('node') ?? node ?? hostname(),
        state: stateDirectory,
        auditLog,
        pins: raw.text('pins') ?? '/sys/fs/bpf/pinfold',
        hold: raw.texts('hold'),
        nriSocket: raw.text('nriSocket') ?? '/run/nri/nri.sock',
        healthPort: healthPort(raw),
        ownNamespace: OWN_NAMESPACE,
        ...clusterOf(raw),
      },
      [],
    );
  },
};

const TARGETS = ['Audit', 'Enforce'] as const;

const promote: CommandSpec = {
  name: 'promote',
  summary: 'put what was recorded in force, one mode further',
  description:
    'From Record to Audit, from Audit to Enforce: sets spec.mode and spec.baseRevision with your own ' +
    'rights, unless something speaks against it, which is said.',
  arguments: [
    { name: 'name', description: 'a SecurityProfile, or KIND/NAME', completes: 'nothing' },
  ],
  options: [
    namespaceOption,
    {
      flags: '--to <mode>',
      description: 'mode to go to; default: the next one',
      choices: TARGETS,
    },
    { flags: '--allow-partial', description: 'take a recording that is known not to be all' },
    { flags: '--allow-violations', description: 'enforce although violations were audited' },
    { flags: '--print', description: 'print the patch and change nothing' },
    {
      flags: '--timeout <duration>',
      description: 'how long to wait for the revision',
      default: '2m',
      completes: 'nothing',
    },
    ...clusterOptions,
  ],
  examples: [
    ['promote web -n shop', 'What web was seen to do is audited from now on'],
    ['promote web -n shop --print', 'The patch, for a repository'],
  ],
  exits: [
    [3, 'something speaks against it; the code says what'],
    [7, 'there is no such profile'],
  ],
  run: async (context, raw, args) => {
    const { run } = await import('../commands/promote.js');
    const target = raw.choice('to', TARGETS);
    return run(
      context,
      {
        ...(target !== undefined && { target }),
        allowPartial: raw.flag('allowPartial'),
        allowViolations: raw.flag('allowViolations'),
        print: raw.flag('print'),
        timeoutMs: raw.duration('timeout') ?? 120_000,
        ...clusterOf(raw),
      },
      args,
    );
  },
};

const uninstall: CommandSpec = {
  name: 'uninstall',
  summary: 'end enforcement on every node and remove Pinfold from a cluster',
  description:
    'Deleting the DaemonSet leaves enforcement in force. This ends it node by node, then removes ' +
    'profiles, kinds, rights and the namespace. Nodes that do not answer in time are named.',
  arguments: [],
  options: [
    { flags: '--yes', description: 'do it; without this only what would be done is printed' },
    {
      flags: '--image <name>',
      description: "image that detaches on the nodes; default: the DaemonSet's, or pinfold:dev",
      completes: 'nothing',
    },
    {
      flags: '--timeout <duration>',
      description: 'how long nodes may take',
      default: '3m',
      completes: 'nothing',
    },
    ...clusterOptions,
  ],
  examples: [
    ['uninstall', 'What would be removed'],
    ['uninstall --yes', 'Remove it'],
  ],
  exits: [[6, 'some nodes were not reached: what is enforced there stays until they are']],
  run: async (context, raw) => {
    const { run } = await import('../commands/uninstall.js');
    const image = raw.text('image');
    return run(
      context,
      {
        yes: raw.flag('yes'),
        ...(image !== undefined && { image }),
        timeoutMs: raw.duration('timeout') ?? 180_000,
        ...clusterOf(raw),
      },
      [],
    );
  },
};

export const CLUSTER_COMMANDS: readonly CommandSpec[] = [
  operator,
  nodeEnforcer,
  promote,
  uninstall,
];
