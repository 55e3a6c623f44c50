/** How verdicts combine: the most restrictive wins, whoever gave it. */
import type { Verdict } from './operation.js';

/** A verdict and the profile that it came from; no profile: nothing applies to the operation. */
export interface Decision {
  readonly profile?: string;
  readonly verdict: Verdict;
}

/**
 * 0 is the most restrictive. A rule that refuses comes before the lack of one that allows, because
 * no new rule can undo it; an allowing rule comes before silence, so that it is named.
 */
export const severityOf = (verdict: Verdict): number => {
  switch (verdict.kind) {
    case 'Deny':
      return verdict.rule === undefined ? 1 : 0;
    case 'CannotTell':
      return 2;
    case 'Allow':
      return verdict.rule === undefined ? 4 : 3;
  }
};

/** The most restrictive of several; the first of those that are equal. No decision: allowed. */
export const mostRestrictive = (decisions: readonly Decision[]): Decision =>
  decisions.reduce<Decision>(
    (worst, decision) =>
      severityOf(decision.verdict) < severityOf(worst.verdict) ? decision : worst,
    { verdict: { kind: 'Allow' } },
  );
