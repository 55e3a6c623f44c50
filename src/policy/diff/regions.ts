/** The places of a product that differ, gathered into as few patterns as their shape allows. */
import { keyOf, type Place, type Product } from './product.js';

/** Paths that differ in the same questions. */
export interface Region {
  readonly pattern: string;
  readonly except: readonly string[];
  readonly example: string;
  /** Questions, as bits. */
  readonly mask: number;
}

/** Every place that can be reached, nearest first, one for each pair of states. */
export function* places(product: Product): Generator<Place> {
  const seen = new Set<string>([keyOf(product.start)]);
  const queue = [product.start];
  for (const place of queue) {
    yield place;
    for (const next of [product.otherwise(place), ...product.named(place)]) {
      if (seen.has(keyOf(next))) continue;
      seen.add(keyOf(next));
      queue.push(next);
    }
  }
}

const everythingBelow = (pattern: string): string => (pattern === '/' ? '/**' : `${pattern}/**`);

/**
 * Regions of all places whose questions in `relevant` differ. Patterns of the grammar cannot exclude,
 * so what a wider pattern wrongly includes is listed with it.
 */
export const regionsOf = (product: Product, relevant: number): readonly Region[] => {
  const maskAt = (place: Place): number => product.differs(place) & relevant;
  const known = new Map<string, number | undefined>();

  /** The mask of a place and of all that can be reached from it, where that is one and the same. */
  const uniform = (place: Place): number | undefined => {
    const key = keyOf(place);
    if (known.has(key)) return known.get(key);
    const mask = maskAt(place);
    // A place that leads to itself (inside `**`) is asked again while it is being answered.
    known.set(key, mask);
    const same = [product.otherwise(place), ...product.named(place)].every(
      (next) => uniform(next) === mask,
    );
    known.set(key, same ? mask : undefined);
    return same ? mask : undefined;
  };

  const regions: Region[] = [];
  const visited = new Set<string>();
  const add = (pattern: string, except: readonly string[], example: string, mask: number): void => {
    if (mask !== 0) regions.push({ pattern, except, example, mask });
  };
  const visit = (place: Place): void => {
    if (uniform(place) === 0 || visited.has(keyOf(place))) return;
    visited.add(keyOf(place));
    add(place.pattern, [], place.example, maskAt(place));
    const rest = product.otherwise(place);
    const named = product.named(place);
    const mask = uniform(rest);
    if (mask === undefined) {
      visit(rest);
      for (const next of named) visit(next);
      return;
    }
    const others = named.filter((next) => uniform(next) !== mask);
    const except = others.flatMap((next) => [next.pattern, everythingBelow(next.pattern)]);
    add(everythingBelow(place.pattern), except, rest.example, mask);
    for (const next of others) visit(next);
  };
  visit(product.start);
  return regions;
};
