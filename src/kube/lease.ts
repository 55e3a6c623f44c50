/**
 * Who leads: a Lease that its holder renews, and that another takes when it was not renewed for its
 * duration. Pure. Only local clocks count, as in client-go: a foreign renewTime is never compared with
 * them, only the time since its last change was seen.
 */
import { PinfoldError } from '../errors.js';

/** ms. */
export interface LeaseTiming {
  /** Others wait this long without a renewal before they take the lease. */
  readonly durationMs: number;
  /** A leader that could not renew for this long leads no more; shorter, so that two never lead. */
  readonly deadlineMs: number;
  /** Between tries. */
  readonly retryMs: number;
}

/** client-go's defaults. */
export const LEASE_TIMING: LeaseTiming = { durationMs: 15_000, deadlineMs: 10_000, retryMs: 2000 };

/** The lease as it was read or written. */
export interface Lease {
  readonly resourceVersion: string;
  /** Empty: given back. */
  readonly holder: string;
  readonly transitions: number;
}

/** A lease and when this version of it was first seen, ms of the local clock. */
interface Seen {
  readonly lease: Lease;
  readonly since: number;
}

export type LeaseState =
  /** The lease is to be read; `seen`: as it was the last time. */
  | { readonly kind: 'Following'; readonly seen?: Seen }
  /** It is free: to be made (no `lease`) or taken. */
  | { readonly kind: 'Claiming'; readonly lease?: Lease }
  /** It is ours since `renewedAt`, and to be renewed. */
  | { readonly kind: 'Leading'; readonly lease: Lease; readonly renewedAt: number }
  /** It was ours, and can be no more. */
  | { readonly kind: 'Lost' };

export type LeaseEvent =
  /** No `lease`: there is none. */
  | { readonly kind: 'Read'; readonly lease?: Lease }
  /** Our write was taken; `askedAt`: when it was sent. */
  | { readonly kind: 'Written'; readonly lease: Lease; readonly askedAt: number }
  /** Somebody else wrote in between. */
  | { readonly kind: 'Conflicted' }
  | { readonly kind: 'Failed' };

export interface LeaseContext extends LeaseTiming {
  readonly identity: string;
  /** ms of a clock that only goes forward. */
  readonly now: number;
}

const unexpected = (state: LeaseState, event: LeaseEvent): PinfoldError =>
  new PinfoldError('Internal', { problem: `lease: ${event.kind} while ${state.kind}` });

/** Whether the last renewal is so long ago that another may soon take the lease. */
const isOverdue = (
  { renewedAt }: { readonly renewedAt: number },
  { now, deadlineMs }: LeaseContext,
): boolean => now - renewedAt >= deadlineMs;

const afterRead = (
  seen: Seen | undefined,
  lease: Lease | undefined,
  { identity, durationMs, now }: LeaseContext,
): LeaseState => {
  if (lease === undefined) return { kind: 'Claiming' };
  // Our own name from an earlier life: nobody else uses it.
  if (lease.holder === '' || lease.holder === identity) return { kind: 'Claiming', lease };
  if (seen?.lease.resourceVersion !== lease.resourceVersion)
    return { kind: 'Following', seen: { lease, since: now } };
  return now - seen.since >= durationMs ? { kind: 'Claiming', lease } : { kind: 'Following', seen };
};

export const stepLease = (
  state: LeaseState,
  event: LeaseEvent,
  context: LeaseContext,
): LeaseState => {
  switch (state.kind) {
    case 'Following':
      switch (event.kind) {
        case 'Read':
          return afterRead(state.seen, event.lease, context);
        case 'Failed':
          return state;
        default:
          throw unexpected(state, event);
      }
    case 'Claiming':
      switch (event.kind) {
        case 'Written':
          return { kind: 'Leading', lease: event.lease, renewedAt: event.askedAt };
        case 'Conflicted':
        case 'Failed':
          // Whether it was written is not known: read again.
          return { kind: 'Following' };
        default:
          throw unexpected(state, event);
      }
    case 'Leading':
      switch (event.kind) {
        case 'Written':
          return { kind: 'Leading', lease: event.lease, renewedAt: event.askedAt };
        case 'Read':
          // After a conflict: still ours, if a renewal whose answer was lost was what conflicted.
          return event.lease?.holder === context.identity && !isOverdue(state, context)
            ? { ...state, lease: event.lease }
            : { kind: 'Lost' };
        case 'Conflicted':
        case 'Failed':
          return isOverdue(state, context) ? { kind: 'Lost' } : state;
        default:
          throw unexpected(state, event);
      }
    case 'Lost':
      return state;
  }
};
