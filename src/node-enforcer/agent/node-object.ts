/** The NodeEnforcement object of this machine. */
import type {
  Condition,
  NodeEnforcement,
  NodeEnforcementStatus,
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
}

/** A condition of the node, before it has a time. */
export interface NodeFinding {
  readonly type: string;
  readonly holds: boolean;
  /** CamelCase; codes of the error table are used as they are. */
  readonly reason: string;
  readonly message: string;
}

const condition = (
  type: string,
  holds: boolean,
  reason: string,
  message: string,
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

/** `previous`: the object as stored; `now` in ms since the epoch. */
export const nodeObject = (
  name: string,
  facts: NodeFacts,
  previous: NodeEnforcement | undefined,
  now: number,
): NodeEnforcement => {
  const { abilities, profiles, totals, running, unwritten, findings } = facts;
  const before = previous?.status?.conditions ?? [];
  const enforced = profiles.filter(({ mode }) => mode === 'Enforce').length;
  const isWhole =
    'mountPoint' in abilities.cgroup2 && abilities.cgroup2.mountPoint === '/sys/fs/cgroup';
  return {
    apiVersion: API_VERSION,
    kind: 'NodeEnforcement',
    metadata: { name },
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
        running
          ? condition('Ready', true, 'Running', 'the agent is running', before, now)
          : condition(
              'Ready',
              false,
              'Stopped',
              'the agent was stopped: nothing is recorded or reported; what the kernel refuses stays in force',
              before,
              now,
            ),
        condition(
          'Enforcing',
          enforced > 0,
          enforced > 0 ? 'Enforcing' : 'NothingEnforced',
          `${enforced} profile(s) are enforced`,
          before,
          now,
        ),
        condition(
          'Lossless',
          totals.lost === 0 && unwritten === 0,
          totals.lost === 0 && unwritten === 0 ? 'NothingLost' : 'EventsLost',
          `${totals.lost} event(s) of the kernel and ${unwritten} audit record(s) were lost`,
          before,
          now,
        ),
        ...findings.map(({ type, holds, reason, message }) =>
          condition(type, holds, reason, message, before, now),
        ),
      ],
    },
  };
};
