/** Patterns by their segments, to find those that cover another one without trying all. */
import type { Pattern, SegmentPattern } from '../paths.js';

interface Node<T> {
  readonly literal: Map<string, Node<T>>;
  readonly prefix: Map<string, Node<T>>;
  any?: Node<T>;
  readonly ends: T[];
  readonly below: T[];
}

const newNode = <T>(): Node<T> => ({ literal: new Map(), prefix: new Map(), ends: [], below: [] });

const child = <T>(node: Node<T>, segment: SegmentPattern): Node<T> => {
  if (segment.kind === 'Any') return (node.any ??= newNode());
  const children = segment.kind === 'Literal' ? node.literal : node.prefix;
  const present = children.get(segment.text) ?? newNode<T>();
  children.set(segment.text, present);
  return present;
};

/** Children whose segment covers the given one. */
const wider = <T>(node: Node<T>, segment: SegmentPattern): readonly Node<T>[] => {
  const any = node.any === undefined ? [] : [node.any];
  if (segment.kind === 'Any') return any;
  const prefixes = [...node.prefix].flatMap(([text, next]) =>
    segment.text.startsWith(text) ? [next] : [],
  );
  const exact = segment.kind === 'Literal' ? node.literal.get(segment.text) : undefined;
  return [...any, ...prefixes, ...(exact === undefined ? [] : [exact])];
};

export interface PatternIndex<T> {
  /** The values of all patterns that match every path the given one matches; its own, too. */
  readonly covering: (pattern: Pattern) => readonly T[];
}

export const indexPatterns = <T>(
  entries: readonly { readonly pattern: Pattern; readonly value: T }[],
): PatternIndex<T> => {
  const root = newNode<T>();
  for (const { pattern, value } of entries) {
    const node = pattern.segments.reduce(child<T>, root);
    (pattern.below ? node.below : node.ends).push(value);
  }
  const search = (node: Node<T>, pattern: Pattern, depth: number): readonly T[] => {
    const segment = pattern.segments[depth];
    if (segment === undefined) return pattern.below ? node.below : node.ends;
    return [
      ...node.below,
      ...wider(node, segment).flatMap((next) => search(next, pattern, depth + 1)),
    ];
  };
  return { covering: (pattern) => search(root, pattern, 0) };
};
