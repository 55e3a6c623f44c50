/** Whether a profile may go one mode further: an ordered chain of pure checks, the first that objects decides. */
import type { AnyProfile, Condition } from '../../api/objects.js';

export type Target = 'Audit' | 'Enforce';

export interface PromotionInput {
  readonly profile: AnyProfile;
  readonly target: Target;
  /** Take a recording that is known not to be all. */
  readonly allowPartial: boolean;
  /** Enforce although violations were seen under Audit. */
  readonly allowViolations: boolean;
}

/** Why not. `reason`: CamelCase; `remedy`: what to do. */
export interface Hold {
  readonly reason: string;
  readonly message: string;
  readonly remedy: string;
}

type PromotionCheck = (input: PromotionInput) => Hold | undefined;

const conditionOf = ({ status }: AnyProfile, type: string): Condition | undefined =>
  status?.conditions?.find((condition) => condition.type === type);

const isFromRecording = ({ spec }: AnyProfile): boolean => spec.mode === 'Record';

/** From Record one comes to Audit, from Audit to Enforce. */
const modeIsNext: PromotionCheck = ({ profile, target }) => {
  const { mode } = profile.spec;
  if (mode === target)
    return {
      reason: 'AlreadyThere',
      message: `mode is ${target} already`,
      remedy: 'Nothing has to be done.',
    };
  if (mode === 'Disabled')
    return {
      reason: 'Disabled',
      message: 'mode is Disabled: nothing was recorded or audited',
      remedy: 'Set mode to Record or Audit first.',
    };
  if (mode === 'Enforce')
    return {
      reason: 'WouldWeaken',
      message: `mode is Enforce: ${target} would be a step back`,
      remedy: 'Edit spec.mode where the profile is kept.',
    };
  return undefined;
};

const profileIsAccepted: PromotionCheck = ({ profile }) => {
  const accepted = conditionOf(profile, 'Accepted');
  if (accepted?.status === 'True') return undefined;
  return accepted === undefined
    ? {
        reason: 'NotReconciled',
        message: 'the operator has not looked at it yet',
        remedy: 'Check that the operator runs: `pinfold status`.',
      }
    : {
        reason: accepted.reason,
        message: accepted.message,
        remedy: 'Correct the profile first.',
      };
};

const somethingWasLearned: PromotionCheck = ({ profile }) => {
  if (!isFromRecording(profile)) return undefined;
  const { counts, latestRevision } = profile.status ?? {};
  if ((counts?.learned ?? 0) > 0 || latestRevision !== undefined) return undefined;
  return {
    reason: 'NothingLearned',
    message: 'no node has recorded anything of it yet',
    remedy:
      'See that containers match (`pinfold describe`), use the workload, and wait: nodes write every 30 s.',
  };
};

const startWasSeen: PromotionCheck = ({ profile, allowPartial }) => {
  const condition = conditionOf(profile, 'StartNotSeen');
  if (!isFromRecording(profile) || allowPartial || condition?.status !== 'True') return undefined;
  return {
    reason: 'StartNotSeen',
    message: condition.message,
    remedy:
      'Have a container start under recording (add a replica or delete a pod), or give --allow-partial.',
  };
};

const recordingIsComplete: PromotionCheck = ({ profile, allowPartial }) => {
  const condition = conditionOf(profile, 'Incomplete');
  if (!isFromRecording(profile) || allowPartial || condition?.status !== 'True') return undefined;
  return {
    reason: 'Incomplete',
    message: condition.message,
    remedy: 'Record again, or give --allow-partial.',
  };
};

const auditIsClean: PromotionCheck = ({ profile, target, allowViolations }) => {
  const audited = profile.status?.counts?.audited ?? 0;
  if (target !== 'Enforce' || isFromRecording(profile) || allowViolations || audited === 0)
    return undefined;
  return {
    reason: 'AuditNotClean',
    message: `${audited} operation(s) were seen that Enforce would deny`,
    remedy:
      'See them with `pinfold describe`; record more or add rules, or give --allow-violations if they are to be denied.',
  };
};

/** In this order. */
const PROMOTION_CHECKS: readonly PromotionCheck[] = [
  modeIsNext,
  profileIsAccepted,
  somethingWasLearned,
  startWasSeen,
  recordingIsComplete,
  auditIsClean,
];

/** First reason not to promote, or undefined. */
export const whyNotYet = (input: PromotionInput): Hold | undefined => {
  for (const check of PROMOTION_CHECKS) {
    const hold = check(input);
    if (hold !== undefined) return hold;
  }
  return undefined;
};

/** One step further than the profile's mode. */
export const nextMode = ({ spec }: AnyProfile): Target =>
  spec.mode === 'Record' || spec.mode === 'Disabled' ? 'Audit' : 'Enforce';
