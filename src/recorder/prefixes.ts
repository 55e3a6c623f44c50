/**
 * A compiled policy looks up at most four prefix lengths in one directory: where a recording needs
 * more, some prefixes are cut to a shorter length that is there anyway.
 */
import { MAX_PREFIX_LENGTHS } from '../policy/automaton/types.js';
import { absorb, type FileItem } from './generalisation.js';
import { childOf, mergeTrees, removeChild, type PathTree } from './tree.js';

type Files = PathTree<FileItem>;

interface Directory {
  readonly above: readonly string[];
  readonly node: Files;
}

const prefixesOf = (node: Files): readonly string[] =>
  [...node.wild].filter((name) => name !== '*' && name !== '**').map((name) => name.slice(0, -1));

const directoriesAt = (tree: Files, depth: number, above: readonly string[] = []): Directory[] =>
  depth === 0
    ? [{ above, node: tree }]
    : [...tree.children].flatMap(([name, child]) =>
        directoriesAt(child, depth - 1, [...above, name]),
      );

const meet = (a: string, b: string): boolean => {
  const cut = (text: string): string => (text.endsWith('*') ? text.slice(0, -1) : text);
  if (a === b) return true;
  if (a.endsWith('*') && b.endsWith('*'))
    return cut(a).startsWith(cut(b)) || cut(b).startsWith(cut(a));
  return a.endsWith('*') ? b.startsWith(cut(a)) : b.endsWith('*') && a.startsWith(cut(b));
};

const isWild = ({ above }: Directory): boolean => above.some((name) => name.endsWith('*'));

/** Whether some directory is meant by both patterns: then their prefixes are looked up together. */
const overlap = (a: Directory, b: Directory): boolean =>
  a.above.every((name, at) => meet(name, b.above[at] ?? ''));

/** Directories of one depth in sets within which prefixes may meet. */
const groupsOf = (directories: readonly Directory[]): readonly (readonly Directory[])[] => {
  const named = new Map<string, Directory[]>();
  for (const directory of directories) {
    const key = directory.above.join('/');
    named.set(key, [...(named.get(key) ?? []), directory]);
  }
  let groups = [...named.values()];
  for (const wild of directories.filter(isWild)) {
    const touched = groups.filter((group) => group.some((other) => overlap(wild, other)));
    groups = [...groups.filter((group) => !touched.includes(group)), touched.flat()];
  }
  return groups;
};

const bytes = (text: string): number => Buffer.byteLength(text);

const holdsCode = (node: Files | undefined): boolean =>
  node !== undefined &&
  (node.value?.access.has('MapExecutable') === true || [...node.children.values()].some(holdsCode));

/** The shortest, so that nothing need become `*`; then lengths of code, then those used most. */
const keptLengths = (group: readonly Directory[]): readonly number[] => {
  const weights = new Map<number, number>();
  for (const { node } of group)
    for (const prefix of prefixesOf(node)) {
      const weight = holdsCode(node.children.get(`${prefix}*`)) ? 1_000_000 : 1;
      weights.set(bytes(prefix), (weights.get(bytes(prefix)) ?? 0) + weight);
    }
  const shortest = Math.min(...weights.keys());
  const others = [...weights]
    .filter(([length]) => length !== shortest)
    .sort(([lengthA, a], [lengthB, b]) => b - a || lengthA - lengthB)
    .map(([length]) => length);
  if (others.length < MAX_PREFIX_LENGTHS) return [shortest, ...others];
  return [shortest, ...others.slice(0, MAX_PREFIX_LENGTHS - 1)];
};

/** The longest beginning of at most that many bytes that splits no character. */
const cutTo = (text: string, length: number): string => {
  const characters = Array.from(text);
  while (bytes(characters.join('')) > length) characters.pop();
  return characters.join('');
};

const mark = (node: Files): void => {
  node.value?.rules.add('Budget');
  for (const child of node.children.values()) mark(child);
};

const shorten = (node: Files, kept: readonly number[]): void => {
  for (const prefix of prefixesOf(node)) {
    if (kept.includes(bytes(prefix))) continue;
    const length = Math.max(...kept.filter((each) => each <= bytes(prefix)));
    const cut = cutTo(prefix, length);
    const name = `${prefix}*`;
    const child = node.children.get(name);
    if (child === undefined) continue;
    removeChild(node, name);
    mark(child);
    // Inside a character there is no such length: the whole segment is left.
    mergeTrees(childOf(node, bytes(cut) === length ? `${cut}*` : '*'), child, absorb);
  }
};

/** Leaves at most four prefix lengths wherever prefixes of these trees can meet; in place. */
export const limitPrefixes = (trees: readonly Files[]): void => {
  for (let depth = 0; ; depth++) {
    const directories = trees.flatMap((tree) => directoriesAt(tree, depth));
    if (directories.length === 0) return;
    const prefixed = directories.filter(({ node }) => prefixesOf(node).length > 0);
    for (const group of groupsOf(prefixed)) {
      const kept = keptLengths(group);
      for (const { node } of group) shorten(node, kept);
    }
  }
};
