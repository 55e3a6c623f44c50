/** The kernel's monotonic clock against the wall clock. */

/** ns to add to CLOCK_MONOTONIC for the time since the epoch; both clocks are read together. */
const offsetNs = (): bigint => BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint();

const offset = offsetNs();

/** ms since the epoch of a kernel time in ns (CLOCK_MONOTONIC). */
export const epochMs = (monotonicNs: number): number =>
  Math.round((monotonicNs + Number(offset)) / 1e6);

const NANOS = 1_000_000_000;
const offsetSeconds = Number(offset / BigInt(NANOS));
const offsetNanos = Number(offset % BigInt(NANOS));

/** Whole seconds and nanoseconds since the epoch of a kernel time in ns. */
export const instantOf = (
  monotonicNs: number,
): { readonly seconds: number; readonly nanos: number } => {
  const whole = Math.floor(monotonicNs / NANOS);
  const nanos = Math.round(monotonicNs - whole * NANOS) + offsetNanos;
  const carry = Math.floor(nanos / NANOS);
  return { seconds: whole + offsetSeconds + carry, nanos: nanos - carry * NANOS };
};
