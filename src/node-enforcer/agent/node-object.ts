/** The NodeEnforcement object of this machine. */
import type {
  Condition,
  NodeEnforcement,
  NodeEnforcementStatus,
  ObjectMeta,
  OwnerReference,
  RealizedProfile,
} from '../../api/objects.js';
import { API_VERSION } from '../../api/objects.js';
import type { MachineAbilities } from '../abilities.js';

export interface NodeFacts {
  readonly abilities: MachineAbilities;
  readonly profiles: readonly RealizedProfile[];
  readonly totals: NonNullable<NodeEnforcementStatus['totals']>;
  readonly running: boolean;
  /** Records that the audit log could not take, so far. */
  readonly unwritten: number;
  /** What else is found of this machine. */
  readonly findings: readonly NodeFinding[];
  /** The Node, where it is known. */
  readonly owner?: OwnerReference;
}

/** A condition of the node, before it has a time. */
export interface NodeFinding {
  readonly type: string;
  readonly holds: boolean;
  /** CamelCase; codes of the error table are used as they are. */
  readonly reason: string;
  readonly message: string;
}

/** `previous`: conditions as stored; `now` in ms since the epoch. */
export const conditionOf = (
  { type, holds, reason, message }: NodeFinding,
  previous: readonly Condition[],
  now: number,
): Condition => {
  const status = holds ? 'True' : 'False';
  const known = previous.find((each) => each.type === type);
  const lastTransitionTime =
    known?.status === status
      ? known.lastTransitionTime
      : new Date(now).toISOString().replace(/\.\d+/, '');
  return { type, status, reason, message, lastTransitionTime };
};

const readiness = (running: boolean): NodeFinding =>
  running
    ? { type: 'Ready', holds: true, reason: 'Running', message: 'the agent is running' }
    : {
        type: 'Ready',
        holds: false,
        reason: 'Stopped',
        message:
          'the agent was stopped: nothing is recorded or reported; what the kernel refuses stays in force',
      };

const enforcing = (enforced: number): NodeFinding => ({
  type: 'Enforcing',
  holds: enforced > 0,
  reason: enforced > 0 ? 'Enforcing' : 'NothingEnforced',
  message: `${enforced} profile(s) are enforced`,
});

const losses = (lost: number, unwritten: number): NodeFinding => {
  const holds = lost === 0 && unwritten === 0;
  return {
    type: 'Lossless',
    holds,
    reason: holds ? 'NothingLost' : 'EventsLost',
    message: `${lost} event(s) of the kernel and ${unwritten} audit record(s) were lost`,
  };
};

/** The node goes, and its object with it. */
export const nodeMetadata = (name: string, owner: OwnerReference | undefined): ObjectMeta => ({
  name,
  ...(owner === undefined ? {} : { ownerReferences: [owner] }),
});

/** `previous`: the object as stored; `now` in ms since the epoch. */
export const nodeObject = (
  name: string,
  facts: NodeFacts,
  previous: NodeEnforcement | undefined,
  now: number,
): NodeEnforcement => {
  const { abilities, profiles, totals, running, unwritten, findings, owner } = facts;
  const before = previous?.status?.conditions ?? [];
  const enforced = profiles.filter(({ mode }) => mode === 'Enforce').length;
  const isWhole =
    'mountPoint' in abilities.cgroup2 && abilities.cgroup2.mountPoint === '/sys/fs/cgroup';
  return {
    apiVersion: API_VERSION,
    kind: 'NodeEnforcement',
    metadata: nodeMetadata(name, owner),
    status: {
      kernel: {
        release: abilities.kernel,
        architecture: abilities.architecture === 'arm64' ? 'aarch64' : 'x86_64',
        btf: abilities.btf,
        cgroup: isWhole ? 'V2' : 'Hybrid',
        lsms: abilities.securityModules ?? [],
        landlockAbi: abilities.ladder.landlockAbi,
      },
      abilities: abilities.classes.map((ability) => ({ ...ability })),
      profiles,
      totals,
      conditions: [
        readiness(running),
        enforcing(enforced),
        losses(totals.lost, unwritten),
        ...findings,
      ].map((finding) => conditionOf(finding, before, now)),
    },
  };
};
