/** Where in a YAML document something stands. */
import { isAlias, isMap, isNode, isScalar, isSeq, type Document, type Node, type Pair } from 'yaml';
import type { PathKey } from './problem.js';

/** Follows an alias to what it names. */
const resolved = (node: unknown, document: Document): unknown =>
  isAlias(node) ? node.resolve(document) : node;

const pairOf = (map: { readonly items: readonly Pair[] }, key: PathKey): Pair | undefined =>
  map.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === String(key));

const startOf = (node: unknown): number | undefined =>
  isNode(node) ? (node as Node).range?.[0] : undefined;

/** A scalar is shown where it stands, a list or mapping where its name stands. */
const startOfPair = ({ key, value }: Pair): number | undefined =>
  isScalar(value) && value.source !== '' ? startOf(value) : startOf(key);

/**
 * Offset of what the keys lead to; where the document has no such thing, of the innermost part of
 * the way that it has.
 */
export const offsetOf = (document: Document, keys: readonly PathKey[]): number => {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const key of keys) {
    const inner = resolved(node, document);
    if (isMap(inner)) {
      const pair = pairOf(inner, key);
      if (pair === undefined) return offset;
      offset = startOfPair(pair) ?? offset;
      node = pair.value;
    } else if (isSeq(inner)) {
      node = inner.items[Number(key)];
      offset = startOf(node) ?? offset;
    } else return offset;
  }
  return offset;
};
