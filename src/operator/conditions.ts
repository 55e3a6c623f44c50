/** Conditions in the standard form of Kubernetes: a transition has a time, a repetition has not. */
import type { Condition } from '../api/objects.js';

export interface Finding {
  readonly type: string;
  readonly status: Condition['status'];
  readonly reason: string;
  readonly message: string;
}

const MAX_MESSAGE = 32_768;

const cut = (text: string): string =>
  text.length <= MAX_MESSAGE ? text : `${text.slice(0, MAX_MESSAGE - 1)}…`;

/**
 * Findings as conditions. `lastTransitionTime` is kept where the status is the same as in `previous`;
 * `now` in ms since the epoch. Types that are no longer found disappear.
 */
export const conditionsOf = (
  findings: readonly Finding[],
  previous: readonly Condition[],
  generation: number,
  now: number,
): readonly Condition[] =>
  findings.map(({ type, status, reason, message }) => {
    const known = previous.find((condition) => condition.type === type);
    const lastTransitionTime =
      known?.status === status
        ? known.lastTransitionTime
        : new Date(now).toISOString().replace(/\.\d+/, '');
    const text = cut(message);
    return {
      type,
      status,
      observedGeneration: generation,
      lastTransitionTime,
      reason,
      message: text,
    };
  });
