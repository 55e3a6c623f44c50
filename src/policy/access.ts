/** Sets of accesses as lists in the order of `ACCESSES`, without repetition. */
import { ACCESSES, type Access } from './operation.js';

/** The accesses of a list, each once, in the fixed order. */
export const orderedAccess = (list: readonly Access[]): readonly Access[] =>
  ACCESSES.filter((access) => list.includes(access));

export const isEveryAccess = (list: readonly Access[]): boolean =>
  ACCESSES.every((access) => list.includes(access));

/** What a rule grants or refuses: absent stands for all. */
export const accessOf = (rule: { readonly access?: readonly Access[] }): readonly Access[] =>
  rule.access ?? ACCESSES;

/** One bit for each access, Read lowest: for comparing and for tables. */
export const accessMask = (list: readonly Access[]): number =>
  ACCESSES.reduce((mask, access, bit) => (list.includes(access) ? mask | (1 << bit) : mask), 0);
