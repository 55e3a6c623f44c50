/**
 * List, then watch, for ever: which of the two is due and from which version. Pure; informer.ts does
 * what a state stands for and feeds back what came of it.
 *
 *   Listing  a page of the list is asked for
 *   Watching the next message of the watch is awaited
 *   Waiting  time passes before the next attempt
 *   Stopped  for good
 */
import { PinfoldError } from '../errors.js';
import { delayAfter } from './backoff.js';
import type { Backoff } from './backoff.js';

interface Counted {
  /** Failures since the watch last told something. */
  readonly failures: number;
}

export interface Listing extends Counted {
  readonly kind: 'Listing';
  /** Where the next page begins; absent: the list begins. */
  readonly continue?: string;
}

export interface Watching extends Counted {
  readonly kind: 'Watching';
  /** Everything up to it is known. */
  readonly resourceVersion: string;
  /** Whether this very watch told anything yet. */
  readonly heard: boolean;
}

export interface Waiting extends Counted {
  readonly kind: 'Waiting';
  readonly ms: number;
  readonly next: { readonly kind: 'List' } | { readonly kind: 'Watch'; readonly from: string };
}

export type ListWatchState = Listing | Watching | Waiting | { readonly kind: 'Stopped' };

export type ListWatchEvent =
  /** A page arrived; `continue` where there are more. */
  | { readonly kind: 'Page'; readonly resourceVersion: string; readonly continue?: string }
  /** The watch told a change, or that there is none up to that version. */
  | { readonly kind: 'Heard'; readonly resourceVersion: string }
  /** The server ended the watch, as it does every few minutes. */
  | { readonly kind: 'Ended' }
  /** Nothing was heard for longer than bookmarks allow: the connection may be dead. */
  | { readonly kind: 'Silent' }
  /** The version or the page is no longer known to the server (410). */
  | { readonly kind: 'Expired' }
  | { readonly kind: 'Failed'; readonly retryAfterMs?: number }
  /** The time to wait is over. */
  | { readonly kind: 'Elapsed' }
  | { readonly kind: 'Aborted' };

/** The first delay is short: most failures are one restart of one API server. */
export const BACKOFF: Backoff = { firstMs: 500, longestMs: 30_000 };

export const INITIAL: ListWatchState = { kind: 'Listing', failures: 0 };

const unexpected = (state: ListWatchState, event: ListWatchEvent): PinfoldError =>
  new PinfoldError('Internal', { problem: `list-watch: ${event.kind} while ${state.kind}` });

/** How a state stands for its own repetition. */
const resume = (state: Listing | Watching): Waiting['next'] =>
  state.kind === 'Listing' ? { kind: 'List' } : { kind: 'Watch', from: state.resourceVersion };

export const step = (
  state: ListWatchState,
  event: ListWatchEvent,
  random: number,
  backoff: Backoff = BACKOFF,
): ListWatchState => {
  if (event.kind === 'Aborted' || state.kind === 'Stopped') return { kind: 'Stopped' };
  const retry = (next: Waiting['next'], retryAfterMs?: number): Waiting => {
    const failures = state.failures + 1;
    return {
      kind: 'Waiting',
      failures,
      ms: delayAfter(failures, backoff, random, retryAfterMs),
      next,
    };
  };
  switch (state.kind) {
    case 'Listing':
      switch (event.kind) {
        case 'Page':
          return event.continue === undefined
            ? {
                kind: 'Watching',
                failures: state.failures,
                resourceVersion: event.resourceVersion,
                heard: false,
              }
            : { ...state, continue: event.continue };
        case 'Failed':
          // A list begins anew: its pages are of one version, which can be gone by then.
          return retry(resume(state), event.retryAfterMs);
        case 'Expired':
          return retry(resume(state));
        default:
          throw unexpected(state, event);
      }
    case 'Watching':
      switch (event.kind) {
        case 'Heard':
          return { ...state, failures: 0, resourceVersion: event.resourceVersion, heard: true };
        case 'Ended':
          // One that ends without a word each time must not be asked for without pause.
          return state.heard ? { ...state, heard: false } : retry(resume(state));
        case 'Silent':
          return retry(resume(state));
        case 'Failed':
          return retry(resume(state), event.retryAfterMs);
        case 'Expired':
          return retry({ kind: 'List' });
        default:
          throw unexpected(state, event);
      }
    case 'Waiting':
      if (event.kind !== 'Elapsed') throw unexpected(state, event);
      return state.next.kind === 'List'
        ? { kind: 'Listing', failures: state.failures }
        : {
            kind: 'Watching',
            failures: state.failures,
            resourceVersion: state.next.from,
            heard: false,
          };
  }
};
