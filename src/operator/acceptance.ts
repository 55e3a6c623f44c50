/** Whether an object can be put in force at all. */
import type { AnyProfile } from '../api/objects.js';
import { PinfoldError } from '../errors.js';
import { compose, ruleCount } from '../policy/compose.js';
import type { Resolver } from '../policy/compose.js';

export type Acceptance =
  | { readonly kind: 'Accepted'; readonly rules: number }
  /** `code`: of the error table. */
  | { readonly kind: 'Rejected'; readonly code: string; readonly problem: string };

export const rejectedBy = (error: PinfoldError): Acceptance => ({
  kind: 'Rejected',
  code: error.code,
  problem: error.message,
});

/** Composes the profile. Throws only what is no fault of the profile. */
export const acceptanceOf = (profile: AnyProfile, resolve: Resolver): Acceptance => {
  try {
    return { kind: 'Accepted', rules: ruleCount(compose(profile, resolve)) };
  } catch (error) {
    if (error instanceof PinfoldError) return rejectedBy(error);
    throw error;
  }
};
