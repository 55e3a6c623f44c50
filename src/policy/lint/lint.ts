/** Rules that are valid, and yet allow nothing, add nothing, or allow too much. */
import { RULE_CLASSES, type RuleClass } from '../operation.js';
import { listLocation } from '../rule-location.js';
import { compareText } from '../rule-order.js';
import type { EffectiveRules } from '../rules.js';
import { broadPathRules } from './broad-paths.js';
import { lintNames } from './names.js';
import { lintNetwork } from './network.js';
import type { Finding } from './types.js';
import { uselessPathRules } from './useless.js';

const allowOf = (rules: EffectiveRules, ruleClass: RuleClass): readonly unknown[] | undefined => {
  switch (ruleClass) {
    case 'egress':
    case 'ingress':
      return rules[ruleClass];
    case 'forbid':
      return undefined;
    default:
      return rules[ruleClass].allow;
  }
};

const empty = (rules: EffectiveRules): readonly Finding[] =>
  RULE_CLASSES.filter((ruleClass) => allowOf(rules, ruleClass)?.length === 0).map(
    (ruleClass): Finding => {
      const path = listLocation(ruleClass, 'allow');
      return {
        severity: 'Warning',
        code: 'AllowsNothing',
        path,
        profile: rules.profile,
        message: `${path} is empty, which refuses everything of this class`,
        suggestion: 'Add what is needed, or remove the key if nothing shall be refused.',
      };
    },
  );

/** Lists in alphabetical order, positions in numerical. */
const byPath = (a: Finding, b: Finding): number => {
  const [, listA = a.path, indexA = '-1'] = /^(.*)\[(\d+)\]$/.exec(a.path) ?? [];
  const [, listB = b.path, indexB = '-1'] = /^(.*)\[(\d+)\]$/.exec(b.path) ?? [];
  return (
    compareText(a.profile, b.profile) ||
    compareText(listA, listB) ||
    Number(indexA) - Number(indexB) ||
    compareText(a.code, b.code)
  );
};

/** Everything remarkable about the rules of a profile, in the order of the places it is found at. */
export const lint = (rules: EffectiveRules): readonly Finding[] =>
  [
    ...empty(rules),
    ...uselessPathRules(rules),
    ...broadPathRules(rules),
    ...lintNetwork(rules),
    ...lintNames(rules),
  ].sort(byPath);
