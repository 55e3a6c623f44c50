/**
 * Path patterns with bits, and a walk over every kind of path that they tell apart: the subset
 * construction over path components. Two paths in one state of the walk carry the same bits now and
 * below, so comparing bits in each state compares two rule sets on all paths.
 */

import { segmentsOf } from '../paths.js';
import type { FileKind, KindOf } from './types.js';

interface Node {
  readonly id: number;
  readonly literals: Map<string, Node>;
  readonly prefixes: Map<string, Node>;
  star: Node | undefined;
  /** Bits of the path itself, and of everything strictly below it. */
  exact: number;
  tree: number;
}

export interface PathState {
  /** One path of this kind. */
  readonly path: string;
  readonly bits: number;
  /** What is there, if the rules spell this path out and something is. */
  readonly kind: FileKind | undefined;
}

export interface PathTrie {
  /** `name*`, `*` and a trailing `**` as in a profile; bits are united. */
  readonly addPattern: (pattern: string, bits: number) => void;
  /** Bits of a path itself and of what is strictly below it. Components are taken as they are. */
  readonly addPath: (path: string, exact: number, tree: number) => void;
  readonly lookup: (path: string) => number;
  /** Visits each kind of path once, parents first; `false` from `visit` leaves out what is below. */
  readonly walk: (
    visit: (state: PathState) => boolean,
    kindOf: KindOf,
    limit: number,
  ) => 'Complete' | 'TooMany';
}

export const joinPath = (parent: string, name: string): string =>
  parent === '/' ? `/${name}` : `${parent}/${name}`;

/** A name that begins with `prefix` and is none of `taken`, nor begins with one of `avoided`. */
const freshName = (
  prefix: string,
  taken: ReadonlySet<string>,
  avoided: readonly string[],
): string => {
  for (const filler of 'xyzuvwabcdefghijklmnopqrst0123456789_-')
    for (let length = 1; length <= 3; length++) {
      const name = prefix + filler.repeat(length);
      if (!taken.has(name) && !avoided.some((other) => name.startsWith(other))) return name;
    }
  // Every short name is spoken for: a long one in letters that no profile uses.
  return `${prefix}\u{10fffd}${'x'.repeat(taken.size)}`;
};

export const createPathTrie = (): PathTrie => {
  let nodes = 0;
  const node = (): Node => ({
    id: nodes++,
    literals: new Map(),
    prefixes: new Map(),
    star: undefined,
    exact: 0,
    tree: 0,
  });
  const root = node();

  const childIn = (children: Map<string, Node>, key: string): Node => {
    const known = children.get(key);
    if (known !== undefined) return known;
    const made = node();
    children.set(key, made);
    return made;
  };
  const descend = (from: Node, component: string): Node => {
    if (component === '*') return (from.star ??= node());
    if (component.endsWith('*')) return childIn(from.prefixes, component.slice(0, -1));
    return childIn(from.literals, component);
  };

  const step = (from: readonly Node[], name: string): readonly Node[] => {
    const reached: Node[] = [];
    for (const each of from) {
      const literal = each.literals.get(name);
      if (literal !== undefined) reached.push(literal);
      if (each.star !== undefined) reached.push(each.star);
      for (const [prefix, child] of each.prefixes) if (name.startsWith(prefix)) reached.push(child);
    }
    return reached;
  };
  const treeBits = (set: readonly Node[]): number => set.reduce((bits, { tree }) => bits | tree, 0);
  const exactBits = (set: readonly Node[]): number =>
    set.reduce((bits, { exact }) => bits | exact, 0);

  /** One name for each set of children that some name can lead to. */
  const names = (
    set: readonly Node[],
  ): { readonly spelled: readonly string[]; readonly fresh: readonly string[] } => {
    const literals = new Set(set.flatMap(({ literals: children }) => [...children.keys()]));
    const prefixes = [...new Set(set.flatMap(({ prefixes: children }) => [...children.keys()]))];
    const begun = prefixes.map((prefix) => {
      const longer = prefixes.filter((other) => other !== prefix && other.startsWith(prefix));
      return freshName(prefix, literals, longer);
    });
    return { spelled: [...literals], fresh: [...begun, freshName('', literals, prefixes)] };
  };

  const addPattern = (pattern: string, bits: number): void => {
    const components = segmentsOf(pattern);
    const isTree = components.at(-1) === '**';
    const end = (isTree ? components.slice(0, -1) : components).reduce(descend, root);
    if (isTree) end.tree |= bits;
    else end.exact |= bits;
  };

  const addPath = (path: string, exact: number, tree: number): void => {
    const end = segmentsOf(path).reduce(
      (from, component) => childIn(from.literals, component),
      root,
    );
    end.exact |= exact;
    end.tree |= tree;
  };

  const lookup = (path: string): number => {
    let set: readonly Node[] = [root];
    let inherited = 0;
    for (const component of segmentsOf(path)) {
      inherited |= treeBits(set);
      set = step(set, component);
    }
    return inherited | exactBits(set);
  };

  const walk: PathTrie['walk'] = (visit, kindOf, limit) => {
    const seen = new Set<string>();
    interface Place {
      readonly set: readonly Node[];
      readonly inherited: number;
      readonly path: string;
      /** `undefined` too for the kinds of paths that no rule spells out. */
      readonly kind: FileKind | undefined;
    }
    const queue: Place[] = [{ set: [root], inherited: 0, path: '/', kind: 'Directory' }];
    // Breadth first, so that the path shown for a state is a short one; the array grows as it is read.
    for (const { set, inherited, path, kind } of queue) {
      const descends = visit({ path, bits: inherited | exactBits(set), kind });
      if (!descends || kind === 'File' || (set.length === 0 && kind === undefined)) continue;
      const below = inherited | treeBits(set);
      const { spelled, fresh } = names(set);
      for (const name of [...spelled, ...fresh]) {
        const next = step(set, name);
        const nextPath = joinPath(path, name);
        const nextKind =
          kind === 'Directory' && spelled.includes(name) ? kindOf(nextPath) : undefined;
        // What exists is told apart by its path, because what lies below it exists or not by itself.
        const key =
          nextKind === undefined ? `${below} ${next.map(({ id }) => id).join(' ')}` : nextPath;
        if (seen.has(key)) continue;
        if (seen.size >= limit) return 'TooMany';
        seen.add(key);
        queue.push({ set: next, inherited: below, path: nextPath, kind: nextKind });
      }
    }
    return 'Complete';
  };

  return { addPattern, addPath, lookup, walk };
};
