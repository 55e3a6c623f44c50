/** Asking the API server until it answers as hoped. */
import { setTimeout as sleep } from 'node:timers/promises';
import { delayAfter } from './backoff.js';
import type { Backoff } from './backoff.js';

export interface Retrying {
  readonly backoff: Backoff;
  readonly signal: AbortSignal;
  /** Hears what failed; it is tried again. */
  readonly onProblem: (problem: unknown) => void;
}

/** Until an attempt resolves to true, or the signal aborts. Never rejects. */
export const retrying = async (
  attempt: () => Promise<boolean>,
  { backoff, signal, onProblem }: Retrying,
): Promise<void> => {
  const isAborted = (): boolean => signal.aborted;
  for (let tried = 1; !isAborted(); tried += 1) {
    try {
      if (await attempt()) return;
    } catch (error) {
      if (isAborted()) return;
      onProblem(error);
    }
    const delay = delayAfter(tried, backoff, Math.random());
    await sleep(delay, undefined, { signal }).catch(() => undefined); // told to end
  }
};
