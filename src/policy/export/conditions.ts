/**
 * The complement of refusals as conditions to allow by: runtimes drop a refusal whose action is the
 * filter's default, so under a default that refuses only what is allowed can be said.
 */
import type { ArgumentCondition } from '../ladder/types.js';

/** All of these hold; one for an argument. */
type Term = ReadonlyMap<number, Readonly<{ mask: bigint; value: bigint }>>;

/** More ways than this to allow one call make a filter that is slower than it is worth. */
const TERMS_MAX = 64;

const bitsOf = (mask: bigint): readonly bigint[] => {
  const bits: bigint[] = [];
  for (let bit = 1n; bit <= mask; bit <<= 1n) if ((mask & bit) !== 0n) bits.push(bit);
  return bits;
};

/** The condition fails if one of its bits differs. */
const failures = ({ argument, mask, value }: ArgumentCondition): readonly ArgumentCondition[] =>
  bitsOf(mask).map((bit) => ({ argument, mask: bit, value: ~value & bit }));

const withCondition = (
  term: Term,
  { argument, mask, value }: ArgumentCondition,
): Term | undefined => {
  const known = term.get(argument) ?? { mask: 0n, value: 0n };
  if (((known.value ^ value) & known.mask & mask) !== 0n) return undefined;
  return new Map(term).set(argument, { mask: known.mask | mask, value: known.value | value });
};

const implies = (narrow: Term, wide: Term): boolean =>
  [...wide].every(([argument, { mask, value }]) => {
    const known = narrow.get(argument);
    return known !== undefined && (known.mask & mask) === mask && (known.value & mask) === value;
  });

const reduced = (terms: readonly Term[]): readonly Term[] =>
  terms.filter(
    (term, index) =>
      !terms.some(
        (other, place) =>
          place !== index && implies(term, other) && (place < index || !implies(other, term)),
      ),
  );

/**
 * Ways to call that none of `refused` (each: all conditions hold) catches; a call is allowed if all
 * conditions of one way hold. `undefined`: too many ways.
 */
export const complementOf = (
  refused: readonly (readonly ArgumentCondition[])[],
): readonly (readonly ArgumentCondition[])[] | undefined => {
  let terms: readonly Term[] = [new Map()];
  for (const conditions of refused) {
    const choices = conditions.flatMap(failures);
    terms = reduced(
      terms.flatMap((term) => choices.flatMap((choice) => withCondition(term, choice) ?? [])),
    );
    if (terms.length > TERMS_MAX) return undefined;
  }
  return terms.map((term) =>
    [...term].map(([argument, { mask, value }]) => ({ argument, mask, value })),
  );
};
