/** How two path patterns relate: which covers the other, whether they meet, which is more specific. */
import type { Pattern, SegmentPattern } from './paths.js';

const segmentCovers = (wide: SegmentPattern, narrow: SegmentPattern): boolean => {
  switch (wide.kind) {
    case 'Any':
      return true;
    case 'Prefix':
      return narrow.kind !== 'Any' && narrow.text.startsWith(wide.text);
    case 'Literal':
      return narrow.kind === 'Literal' && narrow.text === wide.text;
  }
};

const every = (
  a: Pattern,
  b: Pattern,
  relation: (a: SegmentPattern, b: SegmentPattern) => boolean,
): boolean =>
  a.segments.every((segment, index) => {
    const other = b.segments[index];
    return other === undefined || relation(segment, other);
  });

/** Whether every path that `narrow` matches is matched by `wide`. */
export const covers = (wide: Pattern, narrow: Pattern): boolean => {
  const fixed = wide.segments.length;
  const least = narrow.segments.length + (narrow.below ? 1 : 0);
  const longEnough = wide.below ? least > fixed : !narrow.below && least === fixed;
  return longEnough && narrow.segments.length >= fixed && every(wide, narrow, segmentCovers);
};

const segmentsMeet = (a: SegmentPattern, b: SegmentPattern): boolean =>
  segmentCovers(a, b) || segmentCovers(b, a);

/** Whether some path is matched by both. */
export const overlaps = (a: Pattern, b: Pattern): boolean => {
  const least = (pattern: Pattern): number => pattern.segments.length + (pattern.below ? 1 : 0);
  const most = (pattern: Pattern): number => (pattern.below ? Infinity : pattern.segments.length);
  return least(a) <= most(b) && least(b) <= most(a) && every(a, b, segmentsMeet);
};

const rank = { Literal: 0, Prefix: 1, Any: 2 } as const;

const compareText = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);

const compareSegments = (a: SegmentPattern, b: SegmentPattern): number => {
  if (a.kind === 'Any' || b.kind === 'Any' || a.kind !== b.kind) return rank[a.kind] - rank[b.kind];
  return b.text.length - a.text.length || compareText(a.text, b.text);
};

/**
 * Total order; of two patterns that match one path the more specific comes first. Decided at the
 * first segment that differs: a literal before a longer prefix before a shorter one before `*`
 * before `**`.
 */
export const compareSpecificity = (a: Pattern, b: Pattern): number => {
  for (const [index, segment] of a.segments.entries()) {
    const other = b.segments[index];
    if (other === undefined) return b.below ? -1 : 1;
    const order = compareSegments(segment, other);
    if (order !== 0) return order;
  }
  if (a.segments.length < b.segments.length) return a.below ? 1 : -1;
  return Number(a.below) - Number(b.below);
};
