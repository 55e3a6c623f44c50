/** Path patterns as a tree of segments. Segment texts are those of the path grammar: `name`, `na*`, `*`, `**`. */

export interface PathTree<T> {
  readonly children: Map<string, PathTree<T>>;
  /** Those children's names that end in `*`, so that a lookup need not try every child. */
  readonly wild: Set<string>;
  value?: T;
}

export const emptyTree = <T>(): PathTree<T> => ({ children: new Map(), wild: new Set() });

/** `/a/b` → `['a', 'b']`; `/` → `[]`. */
export const segmentsOf = (path: string): readonly string[] =>
  path.split('/').filter((segment) => segment !== '');

export const pathOf = (segments: readonly string[]): string => `/${segments.join('/')}`;

/** The child of that name, made if need be. */
export const childOf = <T>(node: PathTree<T>, name: string): PathTree<T> => {
  const present = node.children.get(name);
  if (present !== undefined) return present;
  const made = emptyTree<T>();
  node.children.set(name, made);
  if (name.endsWith('*')) node.wild.add(name);
  return made;
};

export const removeChild = <T>(node: PathTree<T>, name: string): void => {
  node.children.delete(name);
  node.wild.delete(name);
};

/** Puts `value` at the place; what is there already takes it in by `absorb`. */
export const put = <T>(
  tree: PathTree<T>,
  segments: readonly string[],
  value: T,
  absorb: (into: T, from: T) => void,
): void => {
  const node = segments.reduce(childOf<T>, tree);
  if (node.value === undefined) node.value = value;
  else absorb(node.value, value);
};

/** Moves everything of `from` into `into`. */
export const mergeTrees = <T>(
  into: PathTree<T>,
  from: PathTree<T>,
  absorb: (into: T, from: T) => void,
): void => {
  if (from.value !== undefined) {
    if (into.value === undefined) into.value = from.value;
    else absorb(into.value, from.value);
  }
  for (const [name, child] of from.children) mergeTrees(childOf(into, name), child, absorb);
};

/** Every value with its place, depth first. */
export function* entries<T>(
  tree: PathTree<T>,
  above: readonly string[] = [],
): Generator<readonly [readonly string[], T]> {
  if (tree.value !== undefined) yield [above, tree.value];
  for (const [name, child] of tree.children) yield* entries(child, [...above, name]);
}

export const sizeOf = <T>(tree: PathTree<T>): number => {
  let size = tree.value === undefined ? 0 : 1;
  for (const child of tree.children.values()) size += sizeOf(child);
  return size;
};

/** Whether the segment pattern `wide` matches everything that `narrow` (a name or a pattern) does. */
const segmentCovers = (wide: string, narrow: string): boolean => {
  if (narrow === '**') return false;
  if (wide === '*') return true;
  return wide.endsWith('*') ? narrow.startsWith(wide.slice(0, -1)) : wide === narrow;
};

/**
 * A value that `accept` takes, at a pattern that matches everything the given path or pattern
 * does; `undefined` where there is none.
 */
export const covering = <T>(
  tree: PathTree<T>,
  segments: readonly string[],
  accept: (value: T) => boolean,
  from = 0,
): T | undefined => {
  const segment = segments[from];
  if (segment === undefined)
    return tree.value !== undefined && accept(tree.value) ? tree.value : undefined;
  const below = tree.children.get('**')?.value;
  if (below !== undefined && accept(below)) return below;
  const exact = tree.children.get(segment);
  const hit = exact && covering(exact, segments, accept, from + 1);
  if (hit !== undefined) return hit;
  for (const name of tree.wild) {
    const child = tree.children.get(name);
    if (name === '**' || name === segment || child === undefined) continue;
    if (!segmentCovers(name, segment)) continue;
    const found = covering(child, segments, accept, from + 1);
    if (found !== undefined) return found;
  }
  return undefined;
};
