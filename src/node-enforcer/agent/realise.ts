/**
 * What this machine makes of a profile for a workload that runs already: Landlock, seccomp and
 * capability sets belong to a start, so only cgroup-bpf can refuse. Pure.
 */
import type { AnyProfile, Gap } from '../../api/objects.js';
import type { NetworkTable } from '../../bpf/network-rules.js';
import { reachOf } from '../../policy/ladder/filter.js';
import { gapsOf } from '../../policy/ladder/gaps.js';
import { planNetwork } from '../../policy/ladder/network-plan.js';
import { isRestricted } from '../../policy/ladder/restricted.js';
import { LISTEN_CALLS } from '../../policy/ladder/syscall-families.js';
import type { LadderAbilities } from '../../policy/ladder/types.js';
import type { RuleClass } from '../../policy/operation.js';
import type { EffectiveRules } from '../../policy/rules.js';
import { networkTable } from '../network-table.js';
import type { Mode, Shortfall } from './report.js';

/** A profile that composes. */
export interface GoodProfile {
  /** Its `keyText`. */
  readonly id: string;
  readonly generation: number;
  readonly mode: Mode;
  readonly onDegraded: AnyProfile['spec']['onDegraded'];
  readonly severity: AnyProfile['spec']['severity'];
  readonly rules: EffectiveRules;
}

export interface Realisation {
  readonly profile: GoodProfile;
  /** What is in force. */
  readonly mode: Mode;
  readonly degraded?: Shortfall;
  readonly gaps: readonly Gap[];
  /** Present where the kernel refuses what is not in it. */
  readonly network?: NetworkTable;
  /** Who judges exec and files: the kernel in its LSM hooks, or the agent by what it observes. */
  readonly judgedBy: 'Kernel' | 'Agent';
  /** What cannot be refused is observed. */
  readonly observes: boolean;
  /** Processes that did what could not be refused are killed. */
  readonly kills: boolean;
}

/** What can be done to what runs already. */
const RUNNING: LadderAbilities = {
  landlockAbi: 0,
  seccomp: false,
  cgroupBpf: true,
  architectures: ['x86_64', 'x86', 'x32', 'aarch64', 'arm'],
  capabilities: [],
  observesDenials: true,
};

const REASON = 'NotEnforcedWhileRunning';

/** What this machine can do beyond the ladder. */
export interface EngineAbilities {
  /** The LSM programs are attached: exec and files are refused in the kernel's own hooks. */
  readonly lsm: boolean;
}

const limitsPaths = ({ exec, files }: EffectiveRules): boolean =>
  isRestricted(exec) || isRestricted(files);

/** What the LSM programs of this version do not judge. */
const unhooked = (rules: EffectiveRules, { lsm }: EngineAbilities): readonly Gap[] => {
  if (!lsm) return [];
  const mapping: Gap = {
    class: 'exec',
    item: '*',
    reason: 'MappingsNotJudged',
    message: 'Executable mappings are observed, not refused: the loader can run what it may open.',
  };
  const changes: Gap = {
    class: 'files',
    item: '*',
    reason: 'OnlyOpeningJudged',
    message:
      'Opening is refused; removing, renaming, linking, making directories and changing attributes are observed.',
  };
  return [
    ...(isRestricted(rules.exec) ? [mapping] : []),
    ...(isRestricted(rules.files) ? [changes] : []),
  ];
};

/** Classes that only a start under the launcher can limit. */
const startOnly = (rules: EffectiveRules, { lsm }: EngineAbilities): readonly Gap[] => {
  const limited: readonly (readonly [RuleClass, boolean, string])[] = [
    ['exec', !lsm && isRestricted(rules.exec), 'Landlock'],
    ['files', !lsm && isRestricted(rules.files), 'Landlock'],
    ['capabilities', isRestricted(rules.capabilities), 'Capability sets'],
    ['syscalls', isRestricted(rules.syscalls), 'A seccomp filter'],
    ['forbid', rules.forbid.length > 0, 'A seccomp filter'],
  ];
  return limited
    .filter(([, isLimited]) => isLimited)
    .map(([ruleClass, , means]) => ({
      class: ruleClass,
      item: '*',
      reason: REASON,
      message: `${means} can only be applied at a start: this class is not enforced on what runs already.`,
    }));
};

/** What of the profile cannot be refused to what runs already, and the table of what can. */
export const enforceable = (
  rules: EffectiveRules,
  abilities: EngineAbilities,
): { readonly gaps: readonly Gap[]; readonly network?: NetworkTable } => {
  const reach = reachOf(rules, RUNNING);
  const result = planNetwork(rules, false, reach, reach.any(LISTEN_CALLS));
  const table = networkTable(result?.plan);
  const gaps = gapsOf(result?.findings ?? []).map(
    ({ class: ruleClass, code, detail, rules: about }): Gap => ({
      class: ruleClass,
      item: about.length === 0 ? '*' : about.join('; ').slice(0, 4200),
      reason: code,
      message: detail,
    }),
  );
  return {
    gaps: [...unhooked(rules, abilities), ...startOnly(rules, abilities), ...gaps],
    ...(table === undefined ? {} : { network: table }),
  };
};

const listed = (gaps: readonly Gap[]): string =>
  gaps.map(({ class: ruleClass, reason }) => `${ruleClass} (${reason})`).join(', ');

const enforce = (profile: GoodProfile, abilities: EngineAbilities): Realisation => {
  const { gaps, network } = enforceable(profile.rules, abilities);
  const paths = abilities.lsm && limitsPaths(profile.rules);
  const judgedBy = paths ? 'Kernel' : 'Agent';
  const base = { profile, gaps, judgedBy, ...(network === undefined ? {} : { network }) } as const;
  if (gaps.length === 0) return { ...base, mode: 'Enforce', observes: false, kills: false };
  const classes = listed(gaps);
  switch (profile.onDegraded) {
    case 'Refuse':
      return {
        profile,
        gaps,
        judgedBy: 'Agent',
        mode: 'Disabled',
        observes: false,
        kills: false,
        degraded: {
          reason: 'ProfileNotExpressible',
          message: `nothing is denied: this machine cannot enforce ${classes} on what runs already, and onDegraded is Refuse`,
        },
      };
    case 'Audit':
      return {
        ...base,
        mode: network === undefined && !paths ? 'Audit' : 'Enforce',
        observes: true,
        kills: false,
        degraded: {
          reason: 'EnforcedInPart',
          message: `only observed: ${classes}`,
        },
      };
    case 'Kill':
      return {
        ...base,
        mode: 'Enforce',
        observes: true,
        kills: true,
        degraded: {
          reason: 'KilledAfterwards',
          message:
            `not denied: ${classes}; a process that violates these is killed by SIGKILL after it did so, ` +
            'usually within milliseconds, later under load, and not while pinfold up is not running',
        },
      };
  }
};

/** What becomes of the profile here. */
export const realise = (profile: GoodProfile, abilities: EngineAbilities): Realisation => {
  const plain = {
    profile,
    gaps: [],
    judgedBy: 'Agent',
    observes: false,
    kills: false,
  } as const;
  switch (profile.mode) {
    case 'Disabled':
      return { ...plain, mode: 'Disabled' };
    case 'Record':
      return { ...plain, mode: 'Record' };
    case 'Audit':
      if (!abilities.lsm) return { ...plain, mode: 'Audit', observes: true };
      return {
        ...plain,
        mode: 'Audit',
        judgedBy: limitsPaths(profile.rules) ? 'Kernel' : 'Agent',
        observes: true,
      };
    case 'Enforce':
      return enforce(profile, abilities);
  }
};
