/** How long to wait before the next try: exponential, with jitter, and never sooner than asked. Pure. */

export interface Backoff {
  /** ms after the first failure; doubled with each further one. */
  readonly firstMs: number;
  readonly longestMs: number;
}

/**
 * ms to wait after that many failures in a row (1: the first). `random` in [0, 1) spreads clients that
 * failed together over half of the delay ("equal jitter"). A server's Retry-After is a lower bound to
 * which the same spread is added.
 */
export const delayAfter = (
  failures: number,
  { firstMs, longestMs }: Backoff,
  random: number,
  retryAfterMs = 0,
): number => {
  const full = Math.min(longestMs, firstMs * 2 ** Math.min(Math.max(failures, 1) - 1, 30));
  const spread = (full / 2) * random;
  return Math.round(Math.max(full / 2, retryAfterMs) + spread);
};
