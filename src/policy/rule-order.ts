/** The canonical order of rules, which does not depend on the order in which they were written. */
import { accessMask, accessOf } from './access.js';
import type { RuleRef } from './operation.js';
import type { Pattern } from './paths.js';
import { compareSpecificity } from './pattern-order.js';
import type { PathRule } from './rules.js';

export const compareText = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);

/** By profile, then position. */
export const compareRef = (a: RuleRef, b: RuleRef): number =>
  compareText(a.profile, b.profile) || a.index - b.index;

const byContent = (a: PathRule, b: PathRule): number =>
  accessMask(accessOf(b)) - accessMask(accessOf(a)) || compareRef(a.ref, b.ref);

/** By pattern text: the order in which path rules are written. */
export const comparePathRule = (a: PathRule, b: PathRule): number =>
  compareText(a.pattern, b.pattern) || byContent(a, b);

/** By text: the order of network rules. */
export const compareByText = (a: { readonly ref: RuleRef }, b: { readonly ref: RuleRef }): number =>
  compareText(a.ref.text, b.ref.text) || compareRef(a.ref, b.ref);

export interface ParsedRule {
  readonly rule: PathRule;
  readonly pattern: Pattern;
}

/** Most specific first: of all rules that match, the first one is named as the one that decided. */
export const compareDeciding = (a: ParsedRule, b: ParsedRule): number =>
  compareSpecificity(a.pattern, b.pattern) || byContent(a.rule, b.rule);
