/** Why an operation is allowed or not, and the least that would have to change. */
import type { Decision } from '../verdicts.js';
import { decideAll } from '../judge.js';
import type { Operation, RuleRef, Verdict } from '../operation.js';
import type { EffectiveRules } from '../rules.js';
import { listLocation, ruleLocation } from '../rule-location.js';
import { nearestRule, type Nearest } from './nearest.js';
import { patchFor, type NoPatch, type Patch } from './patch.js';
import { shown } from '../text.js';
import { operationText, yamlLines } from './text.js';

export interface Explanation {
  readonly operation: Operation;
  readonly verdict: Verdict;
  /** The profile that decided; absent where nothing applies. */
  readonly profile?: string;
  /** The rule that decided; absent where nothing applies, or nothing in an allow-list matched. */
  readonly rule?: RuleRef;
  readonly nearest?: Nearest;
  /** One for each profile that does not allow it; all are needed. Empty: allowed, or see `noPatch`. */
  readonly patches: readonly Patch[];
  /** Profiles that no rule can bring to allow it; then there are no patches. */
  readonly noPatch: readonly NoPatch[];
  /** The whole for people. */
  readonly lines: readonly string[];
}

const ruleText = (ref: RuleRef): string =>
  `${shown(ref.text)} (${ruleLocation(ref)} of ${ref.profile})`;

const verdictLines = ({ verdict, profile = '' }: Decision): readonly string[] => {
  switch (verdict.kind) {
    case 'Allow':
      return [
        verdict.rule === undefined ? 'no rule applies to it' : `by rule ${ruleText(verdict.rule)}`,
      ];
    case 'Deny':
      return [
        verdict.rule === undefined
          ? `by profile ${profile}: nothing in ${listLocation(verdict.class, 'allow')} matches`
          : `by rule ${ruleText(verdict.rule)}`,
      ];
    case 'CannotTell':
      return [
        `by profile ${profile}: its path could not be established (${verdict.doubt}), so whether ` +
          `${listLocation(verdict.class, 'allow')} matches cannot be told`,
      ];
  }
};

const TITLES: Readonly<Record<Verdict['kind'], string>> = {
  Allow: 'Allowed',
  Deny: 'Denied',
  CannotTell: 'Denied (cannot tell)',
};

/** A patch as it would be written in the profile. */
export const patchLines = ({ profile, add, remove }: Patch): readonly string[] => [
  ...remove.map((ref) => `smallest patch: remove rule ${ruleText(ref)}`),
  ...(Object.keys(add).length === 0
    ? []
    : [
        `smallest patch of ${profile}: add`,
        ...yamlLines({ spec: { rules: add } }).map((line) => `  ${line}`),
      ]),
];

const indented = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);

/**
 * Explains the verdict of several profiles on an operation: what decided, the nearest rule, and
 * the smallest change that would allow it, or why there is none.
 */
export const explain = (profiles: readonly EffectiveRules[], operation: Operation): Explanation => {
  const decision = decideAll(profiles, operation);
  const { verdict, profile } = decision;
  const fixes = profiles.flatMap((rules) => patchFor(rules, operation) ?? []);
  const noPatch = fixes.filter((fix): fix is NoPatch => 'reason' in fix);
  // Half of the patches would change profiles and still not allow it.
  const patches = noPatch.length > 0 ? [] : fixes.filter((fix): fix is Patch => 'add' in fix);
  const refused = profiles.find((rules) => rules.profile === profile);
  const lacking = verdict.kind === 'Deny' && verdict.rule === undefined;
  const nearest = lacking && refused ? nearestRule(refused, operation) : undefined;
  const rule = verdict.kind === 'CannotTell' ? undefined : verdict.rule;
  return {
    operation,
    verdict,
    ...(profile === undefined ? {} : { profile }),
    ...(rule === undefined ? {} : { rule }),
    ...(nearest === undefined ? {} : { nearest }),
    patches,
    noPatch,
    lines: [
      `${TITLES[verdict.kind]}: ${operationText(operation)}`,
      ...indented([
        ...verdictLines(decision),
        ...(nearest === undefined
          ? []
          : [`nearest rule: ${ruleText(nearest.rule)} ${nearest.difference}`]),
        ...patches.flatMap(patchLines),
        ...noPatch.map((none) => `no patch of ${none.profile} can allow it: ${none.reason}`),
      ]),
    ],
  };
};
