/** What every command that serves until it is told to end has in common. */
import { setTimeout as sleep } from 'node:timers/promises';
import { PinfoldError } from '../errors.js';

/** Resolves when the signal aborts. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  signal.aborted
    ? Promise.resolve()
    : new Promise((done) => {
        signal.addEventListener(
          'abort',
          () => {
            done();
          },
          { once: true },
        );
      });

type Step = () => unknown;

/** Each in its turn, whatever became of those before it: what stays open keeps the process. */
const allOf = async ([step, ...rest]: readonly Step[]): Promise<void> => {
  try {
    await step?.();
  } finally {
    if (rest.length > 0) await allOf(rest);
  }
};

/**
 * The steps of an orderly end. Rejects when one of them fails, and when they are not done in time: what is
 * left undone then is lost with the process.
 */
export const endWithin = async (ms: number, steps: readonly Step[]): Promise<void> => {
  const late = new AbortController();
  const deadline = sleep(ms, undefined, { signal: late.signal }).then(() => {
    throw new PinfoldError('Internal', { problem: `shutdown took more than ${ms / 1000} s` });
  });
  try {
    await Promise.race([allOf(steps), deadline]);
  } finally {
    late.abort();
    await deadline.catch(() => undefined); // aborted, or the failure that the race threw already
  }
};
