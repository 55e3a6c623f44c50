import { setTimeout as pause } from 'node:timers/promises';

/**
 * Waits for a condition: asks again and again until it answers with something other than undefined. What
 * `ask` throws counts as not yet; what `hopeless` throws ends the waiting.
 * @throws naming `what` when `seconds` have passed, with the last error of `ask` as its cause
 */
export const until = async <T>(
  what: string,
  seconds: number,
  ask: () => Promise<T | undefined>,
  hopeless: () => void = () => undefined,
): Promise<T> => {
  const deadline = performance.now() + seconds * 1000;
  let cause: unknown;
  do {
    hopeless();
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await pause(100);
  } while (performance.now() < deadline);
  throw new Error(`${what}: not so after ${seconds} s`, { cause });
};
