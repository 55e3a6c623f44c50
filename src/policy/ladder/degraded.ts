/** What to do where this machine cannot enforce all of a profile. */
import type { Gap } from './types.js';

/** As `spec.onDegraded`. */
export type OnDegraded = 'Refuse' | 'Audit' | 'Kill';

export type DegradedDecision =
  /** Nothing is missing. */
  | { readonly kind: 'Enforce' }
  /** What can be enforced is, and the gaps are only observed. */
  | { readonly kind: 'EnforceAndAudit'; readonly gaps: readonly Gap[] }
  /** Not started. `kill`: a program that is started anyway dies at its exec. */
  | { readonly kind: 'Refuse'; readonly kill: boolean; readonly gaps: readonly Gap[] };

/** A gap that denies more counts like one that allows more: neither is what the profile says. */
export const decideDegraded = (gaps: readonly Gap[], onDegraded: OnDegraded): DegradedDecision => {
  if (gaps.length === 0) return { kind: 'Enforce' };
  switch (onDegraded) {
    case 'Refuse':
      return { kind: 'Refuse', kill: false, gaps };
    case 'Kill':
      return { kind: 'Refuse', kill: true, gaps };
    case 'Audit':
      return { kind: 'EnforceAndAudit', gaps };
  }
};
