/** Sets of integers as ascending, disjoint intervals with both ends included. */
import type { Range } from './network.js';

/** Any ranges as a set: sorted, what touches or overlaps joined. */
export const normalised = (ranges: readonly Range[]): readonly Range[] => {
  const sorted = [...ranges].sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  const joined: Range[] = [];
  for (const range of sorted) {
    const last = joined.at(-1);
    if (last === undefined || range.first > last.last + 1n) joined.push(range);
    else if (range.last > last.last) joined.splice(-1, 1, { first: last.first, last: range.last });
  }
  return joined;
};

/** What is in `from` and not in `holes`; both as sets. */
export const without = (from: readonly Range[], holes: readonly Range[]): readonly Range[] =>
  from.flatMap(({ first, last }) => {
    const rest: Range[] = [];
    let at = first;
    for (const hole of holes) {
      if (hole.last < at || hole.first > last) continue;
      if (hole.first > at) rest.push({ first: at, last: hole.first - 1n });
      at = hole.last + 1n;
    }
    return at > last ? rest : [...rest, { first: at, last }];
  });
