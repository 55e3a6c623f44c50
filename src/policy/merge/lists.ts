/** Optional lists: absent is another thing than empty. */
import { compareText } from '../rule-order.js';

/** The parts that are present, or undefined where none is. */
export const presentOf = <T>(
  lists: readonly (readonly T[] | undefined)[],
): readonly T[] | undefined => {
  const present = lists.filter((list) => list !== undefined);
  return present.length === 0 ? undefined : present.flat();
};

/** For deny: an empty list says nothing and is left out. */
export const nonEmpty = <T>(list: readonly T[] | undefined): readonly T[] | undefined =>
  list?.length === 0 ? undefined : list;

export const sortedNames = <T extends string>(
  names: readonly T[] | undefined,
): readonly T[] | undefined => names && [...new Set(names)].sort(compareText);

/** Leaves out keys without a value; undefined where nothing is left. */
export const compact = <T extends object>(
  object: T,
): { readonly [K in keyof T]?: Exclude<T[K], undefined> } | undefined => {
  const entries = Object.entries(object).filter(([, value]) => value !== undefined);
  return entries.length === 0
    ? undefined
    : (Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> });
};

/** Each element once, by its text as JSON: elements are built with their keys in one order. */
export const distinct = <T>(
  elements: readonly T[],
  compare: (a: T, b: T) => number,
): readonly T[] =>
  [...new Map(elements.map((element) => [JSON.stringify(element), element])).values()].sort(
    (a, b) => compare(a, b) || compareText(JSON.stringify(a), JSON.stringify(b)),
  );
