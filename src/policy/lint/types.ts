/** What lint finds in rules that are valid and still not what was meant. */
import type { RuleRef } from '../operation.js';
import { ruleLocation } from '../rule-location.js';
import { shown } from '../text.js';

export const FINDING_CODES = [
  'AllowsNothing',
  'MatchesNothing',
  'RuleDenied',
  'RuleShadowed',
  'AllowsEverything',
  'WritableExecutable',
  'AllowsShell',
  'WritesSystem',
  'DenyBypassedByMapping',
  'AllowsAnyPeer',
  'StrongCapability',
  'UnknownSyscall',
] as const;
export type FindingCode = (typeof FINDING_CODES)[number];

export interface Finding {
  /** `Warning`: likely a mistake or a risk. `Info`: superfluous, harmless. */
  readonly severity: 'Warning' | 'Info';
  readonly code: FindingCode;
  /** Place in the object: `spec.rules.exec.allow[3]`. */
  readonly path: string;
  /** The profile or revision that holds it: not always the one that was looked at. */
  readonly profile: string;
  readonly message: string;
  readonly suggestion: string;
}

/** A finding at a rule. `says` continues the text of the rule. */
export const finding = (
  ref: RuleRef,
  code: FindingCode,
  says: string,
  suggestion: string,
  severity: Finding['severity'] = 'Warning',
): Finding => ({
  severity,
  code,
  path: ruleLocation(ref),
  profile: ref.profile,
  message: `${shown(ref.text)} ${says}`,
  suggestion,
});

/** A rule as other rules' messages name it. */
export const named = (ref: RuleRef): string => `${shown(ref.text)} (${ruleLocation(ref)})`;
