/** Decimal numbers as ASCII, straight into a buffer. */

const ZERO = 0x30;

/** Writes a natural number up to 2^53 from `at` on; where it ends. */
export const writeNumber = (to: Uint8Array, at: number, value: number): number => {
  let end = at + 1;
  for (let bound = 10; value >= bound; bound *= 10) end += 1;
  let rest = value;
  for (let index = end - 1; index >= at; index -= 1) {
    const tenth = Math.floor(rest / 10);
    to[index] = rest - tenth * 10 + ZERO;
    rest = tenth;
  }
  return end;
};

/** Writes 0..999999999 as nine digits from `at` on. */
export const writeNanos = (to: Uint8Array, at: number, nanos: number): void => {
  let rest = nanos | 0;
  for (let index = at + 8; index >= at; index -= 1) {
    const tenth = (rest / 10) | 0;
    to[index] = rest - tenth * 10 + ZERO;
    rest = tenth;
  }
};
