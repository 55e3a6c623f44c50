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

/** Rejects when the work is not done in time; what is left undone is lost with the process. */
export const within = async (ms: number, work: Promise<void>): Promise<void> => {
  const late = new AbortController();
  const deadline = sleep(ms, undefined, { signal: late.signal }).then(() => {
    throw new PinfoldError('Internal', { problem: `shutdown took more than ${ms / 1000} s` });
  });
  try {
    await Promise.race([work, deadline]);
  } finally {
    late.abort();
    await deadline.catch(() => undefined); // aborted, or the failure that the race threw already
  }
};
