/** The status of a profile: a pure function of what is asked for and what nodes report. */
import type { AnyProfile, ProfileRevision, ProfileStatus } from '../api/objects.js';
import type { Acceptance } from './acceptance.js';
import type { Learning } from './recordings.js';
import { conditionsOf } from './conditions.js';
import type { Finding } from './conditions.js';
import type { Mode, ProfileReport } from './report.js';
import { lowestGeneration, summaryOf, weakestMode } from './summary.js';
import type { Summary } from './summary.js';

export interface StatusInput {
  readonly profile: AnyProfile;
  readonly acceptance: Acceptance;
  readonly reports: readonly ProfileReport[];
  /** What `baseRevision: Latest` stands for. */
  readonly latest?: ProfileRevision;
  /** What recordings under way hold; absent: nothing is recorded. */
  readonly learning?: Learning;
  /** Nodes that report at all. */
  readonly nodes?: number;
}

/** The same with what the findings need of all reports together. */
interface Facts extends StatusInput {
  readonly wanted: Mode;
  readonly generation: number;
  readonly realised: Mode | undefined;
  readonly inForce: number | undefined;
  readonly summary: Summary;
}

const yes = (type: string, reason: string, message: string): Finding => ({
  type,
  status: 'True',
  reason,
  message,
});
const no = (type: string, reason: string, message: string): Finding => ({
  type,
  status: 'False',
  reason,
  message,
});

const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

const accepted = ({ acceptance, inForce, generation }: Facts): Finding => {
  if (acceptance.kind === 'Accepted')
    return yes('Accepted', 'Accepted', `valid; ${plural(acceptance.rules, 'rule')} with all bases`);
  const kept =
    inForce === undefined
      ? 'nothing of it is in force'
      : `generation ${inForce}, the last good one, stays in force`;
  const which = inForce !== undefined && inForce < generation ? `generation ${generation}: ` : '';
  return no('Accepted', acceptance.code, `${which}${acceptance.problem}; ${kept}`);
};
const realized = ({ summary, reports, inForce, generation, acceptance, nodes }: Facts): Finding => {
  const { counts, unmatched } = summary;
  if (reports.length === 0 && nodes !== undefined && nodes > 0)
    return no('Realized', 'NoMatch', `no container on ${plural(nodes, 'node')} matches`);
  if (reports.length === 0)
    return {
      type: 'Realized',
      status: 'Unknown',
      reason: 'NotReported',
      message: 'no node has reported yet',
    };
  if (unmatched !== undefined && counts.matchedContainers === 0)
    return no('Realized', unmatched.reason, unmatched.message);
  if (inForce === undefined)
    return no('Realized', 'Pending', `generation ${generation} is not in force yet`);
  if (inForce < generation)
    return no(
      'Realized',
      acceptance.kind === 'Rejected' ? acceptance.code : 'Pending',
      `generation ${inForce} is in force instead of ${generation}`,
    );
  const missing = unmatched === undefined ? '' : `; ${unmatched.message}`;
  return yes(
    'Realized',
    'Realized',
    `in force for ${plural(counts.matchedContainers, 'workload')}${missing}`,
  );
};

const enforcing = ({ wanted, realised, summary }: Facts): Finding => {
  const { degraded } = summary;
  if (realised === 'Enforce')
    return yes(
      'Enforcing',
      degraded === undefined ? 'Enforcing' : 'EnforcingInPart',
      degraded?.message ?? 'what the profile does not allow is denied',
    );
  if (wanted === 'Enforce' && degraded !== undefined)
    return no('Enforcing', degraded.reason, degraded.message);
  if (wanted === 'Enforce')
    return no('Enforcing', 'Pending', 'nothing is there that it could be enforced on');
  return no('Enforcing', `Mode${wanted}`, `mode is ${wanted}: nothing is denied`);
};

const degraded = ({ summary }: Facts): Finding =>
  summary.degraded === undefined
    ? no('Degraded', 'AsAsked', 'what is in force is what was asked for')
    : yes('Degraded', summary.degraded.reason, summary.degraded.message);

/** Of what is being recorded, or else of the revision that `Latest` stands for. */
const recorded = ({
  latest,
  learning,
}: Facts): (Omit<Learning, 'items'> & { readonly name: string }) | undefined => {
  if (learning !== undefined) return { ...learning, name: 'the recording under way' };
  return latest && { ...latest.spec.provenance, name: latest.metadata.name };
};

const recording = (facts: Facts): readonly Finding[] => {
  const found = recorded(facts);
  if (found === undefined) return [];
  const { incomplete, startNotSeen, name } = found;
  return [
    incomplete
      ? yes('Incomplete', 'EventsLost', `events were lost: ${name} is not all that was done`)
      : no('Incomplete', 'Complete', `nothing that ${name} is made of was lost`),
    startNotSeen
      ? yes(
          'StartNotSeen',
          'StartNotSeen',
          `${name} holds no start: enforced, it would break the next`,
        )
      : no('StartNotSeen', 'StartSeen', `${name} holds at least one start`),
  ];
};

type Phase = NonNullable<ProfileStatus['phase']>;
type PhaseCheck = (facts: Facts) => Phase | undefined;

/** In this order: the first that answers decides. */
const PHASES: readonly PhaseCheck[] = [
  ({ acceptance }) => (acceptance.kind === 'Rejected' ? 'Rejected' : undefined),
  ({ wanted }) => (wanted === 'Disabled' ? 'Disabled' : undefined),
  ({ summary }) => (summary.degraded === undefined ? undefined : 'Degraded'),
  ({ summary }) => (summary.counts.matchedContainers === 0 ? 'Pending' : undefined),
  ({ inForce, generation }) =>
    inForce === undefined || inForce < generation ? 'Pending' : undefined,
  ({ realised }) => (realised === 'Record' ? 'Recording' : undefined),
];

const phaseOf = (facts: Facts): Phase => {
  for (const check of PHASES) {
    const phase = check(facts);
    if (phase !== undefined) return phase;
  }
  return 'Active';
};

/** `now` in ms since the epoch: for conditions whose status changed. */
export const profileStatus = (input: StatusInput, now: number): ProfileStatus => {
  const { profile, reports, latest, learning } = input;
  const facts: Facts = {
    ...input,
    wanted: profile.spec.mode,
    generation: profile.metadata.generation ?? 1,
    realised: weakestMode(reports),
    inForce: lowestGeneration(reports),
    summary: summaryOf(reports),
  };
  const findings = [
    accepted(facts),
    realized(facts),
    enforcing(facts),
    degraded(facts),
    ...recording(facts),
  ];
  const { counts, gaps, recentViolations } = facts.summary;
  return {
    observedGeneration: facts.generation,
    ...(facts.realised === undefined ? {} : { mode: facts.realised }),
    phase: phaseOf(facts),
    counts: { ...counts, ...(learning === undefined ? {} : { learned: learning.items }) },
    ...(latest === undefined ? {} : { latestRevision: latest.metadata.name }),
    conditions: conditionsOf(findings, profile.status?.conditions ?? [], facts.generation, now),
    recentViolations,
    gaps,
  };
};
