/** What a state decides: the most restrictive verdict over all profiles, question by question. */
import { accessOf } from '../access.js';
import { ACCESSES, type Access, type RuleRef, type Verdict } from '../operation.js';
import type { PathRule } from '../rules.js';
import { severityOf } from '../verdicts.js';
import type { RankedDecision } from './types.js';

/** The rules of one profile that match at a state, most specific first. */
export interface Matching {
  readonly profile: string;
  /** Absent where the class is no allow-list. */
  readonly execAllow?: readonly PathRule[];
  readonly execDeny: readonly PathRule[];
  readonly filesAllow?: readonly PathRule[];
  readonly filesDeny: readonly PathRule[];
  /** The rule by which the profile forbids `FilelessExec`. */
  readonly filelessExec?: RuleRef;
}

/** More than there can be profiles on a slot. */
const RANKS_PER_SEVERITY = 1_000;

/** Puts severity before the order of profiles. */
export const ranked = (verdict: Verdict, profile?: string, order = 0): RankedDecision => ({
  verdict,
  rank: severityOf(verdict) * RANKS_PER_SEVERITY + order,
  ...(profile === undefined ? {} : { profile }),
});

/** Nothing applies: the least restrictive decision there is. */
export const SILENCE: RankedDecision = ranked({ kind: 'Allow' });

/** The most restrictive; the first of equals. */
export const lowest = (decisions: readonly RankedDecision[]): RankedDecision =>
  decisions.reduce((best, decision) => (decision.rank < best.rank ? decision : best), SILENCE);

const deny = (rule: RuleRef): Verdict => ({ kind: 'Deny', class: rule.class, rule });

/** `undefined`: the class has nothing against it and nothing for it. */
const execVerdict = (profile: Matching, deleted: boolean): Verdict | undefined => {
  const refused = profile.execDeny[0];
  if (refused !== undefined) return deny(refused.ref);
  if (profile.execAllow === undefined) return undefined;
  const allowed = deleted ? undefined : profile.execAllow[0];
  return allowed === undefined
    ? { kind: 'Deny', class: 'exec' }
    : { kind: 'Allow', rule: allowed.ref };
};

const deletedExecVerdict = (profile: Matching): Verdict | undefined =>
  profile.filelessExec === undefined ? execVerdict(profile, true) : deny(profile.filelessExec);

const accessVerdict = (profile: Matching, access: Access, deleted = false): Verdict | undefined => {
  const suits = (rule: PathRule): boolean => accessOf(rule).includes(access);
  const refused = profile.filesDeny.find(suits);
  if (refused !== undefined) return deny(refused.ref);
  const allowed = profile.filesAllow?.find(suits);
  if (allowed !== undefined) return { kind: 'Allow', rule: allowed.ref };
  const exec = access === 'MapExecutable' ? execVerdict(profile, deleted) : undefined;
  if (exec !== undefined) return exec;
  return profile.filesAllow === undefined ? undefined : { kind: 'Deny', class: 'files' };
};

const overProfiles = (
  profiles: readonly Matching[],
  verdictOf: (profile: Matching) => Verdict | undefined,
): RankedDecision =>
  lowest(
    profiles.map((profile, order) => {
      const verdict = verdictOf(profile);
      return verdict === undefined ? SILENCE : ranked(verdict, profile.profile, order);
    }),
  );

/** The decisions of one state, in the order of the questions. */
export const decisionsAt = (profiles: readonly Matching[]): readonly RankedDecision[] => [
  overProfiles(profiles, (profile) => execVerdict(profile, false)),
  overProfiles(profiles, deletedExecVerdict),
  ...ACCESSES.map((access) => overProfiles(profiles, (profile) => accessVerdict(profile, access))),
  overProfiles(profiles, (profile) => accessVerdict(profile, 'MapExecutable', true)),
];
