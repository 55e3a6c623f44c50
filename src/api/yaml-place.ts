/** Where in a YAML document something stands. */
import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Document,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml';
import type { PathKey } from './problem.js';

/** Follows an alias to what it names. */
const resolved = (node: unknown, document: Document): unknown =>
  isAlias(node) ? node.resolve(document) : node;

type Pairs = ReadonlyMap<string, Pair>;

/** A hostile mapping has a hundred thousand wrong fields: each is found at once. */
const indexed = new WeakMap<YAMLMap, Pairs>();

const pairOf = (map: YAMLMap, key: PathKey): Pair | undefined => {
  const pairs: Pairs =
    indexed.get(map) ??
    new Map(map.items.map((pair) => [isScalar(pair.key) ? String(pair.key.value) : '', pair]));
  indexed.set(map, pairs);
  return pairs.get(String(key));
};

const startOf = (node: unknown): number | undefined =>
  isNode(node) ? (node as Node).range?.[0] : undefined;

/** A scalar is shown where it stands, a list or mapping where its name stands. */
const startOfPair = ({ key, value }: Pair): number | undefined =>
  isScalar(value) && value.source !== '' ? startOf(value) : startOf(key);

/**
 * Offset of what the keys lead to; where the document has no such thing, of the innermost part of
 * the way that it has. `atName`: of the name of a field rather than its value.
 */
export const offsetOf = (document: Document, keys: readonly PathKey[], atName = false): number => {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const key of keys) {
    const inner = resolved(node, document);
    if (isMap(inner)) {
      const pair = pairOf(inner, key);
      if (pair === undefined) return offset;
      offset = (atName ? startOf(pair.key) : startOfPair(pair)) ?? offset;
      node = pair.value;
    } else if (isSeq(inner)) {
      node = inner.items[Number(key)];
      offset = startOf(node) ?? offset;
    } else return offset;
  }
  return offset;
};
