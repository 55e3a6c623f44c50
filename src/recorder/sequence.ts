/** Siblings that differ only in a number or hash: `worker-1.log`, `worker-2.log`, `worker-3.log`. */
import type { FileItem } from './generalisation.js';
import { absorb } from './generalisation.js';
import { isPackaged } from './names.js';
import { childOf, mergeTrees, removeChild, type PathTree } from './tree.js';

/** From how many siblings on a sequence is believed. */
const SEQUENCE_MIN = 3;

const VARIABLE = /((?<![0-9A-Za-z])(?=[a-f]*\d)[0-9a-f]{6,}(?![0-9A-Za-z])|\d+)/;
/** A shared library or a dotted version: each one is another thing, not the next of a sequence. */
const VERSIONED = /\.so(?:\.|$)|\d\.\d/;

/** The fixed and variable parts of a name in turn, beginning with a fixed one (maybe empty). */
const partsOf = (name: string): readonly string[] => name.split(VARIABLE);

const shapeOf = (name: string): string | undefined => {
  if (name.endsWith('*') || VERSIONED.test(name)) return undefined;
  const parts = partsOf(name);
  return parts.length < 3 ? undefined : parts.map((part, at) => (at % 2 ? '\0' : part)).join('');
};

/** What all names of one shape begin with: up to the first variable part that differs. */
const commonPrefix = (names: readonly string[]): string => {
  const split = names.map(partsOf);
  const first = split[0] ?? [];
  const differs = first.findIndex((part, at) => split.some((other) => other[at] !== part));
  return first.slice(0, differs < 0 ? first.length : differs).join('');
};

/** Tells apart subtrees that were used differently; `undefined` where something in it is executable. */
const signatureOf = (node: PathTree<FileItem>): string | undefined => {
  if (node.value?.access.has('MapExecutable') === true) return undefined;
  const own = node.value === undefined ? '' : [...node.value.access].sort().join();
  const below: string[] = [];
  for (const [name, child] of node.children) {
    const signature = signatureOf(child);
    if (signature === undefined) return undefined;
    below.push(`${name}\0${signature}`);
  }
  return `${own}{${below.sort().join('\0')}}`;
};

/** Whether names in this directory are fixed by the kernel or a package. */
const isFixed = (above: readonly string[]): boolean =>
  above.length === 0 || above[0] === 'dev' || isPackaged(above);

/** Replaces sequences by `prefix*`, from the leaves up; changes the tree in place. */
export const generaliseSequences = (
  tree: PathTree<FileItem>,
  above: readonly string[] = [],
): void => {
  for (const [name, child] of tree.children) generaliseSequences(child, [...above, name]);
  if (isFixed(above)) return;
  const groups = new Map<string, string[]>();
  for (const [name, child] of tree.children) {
    const shape = shapeOf(name);
    const signature = shape === undefined ? undefined : signatureOf(child);
    if (shape === undefined || signature === undefined) continue;
    const key = `${shape}\n${signature}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [name]);
    else group.push(name);
  }
  for (const names of groups.values()) {
    const prefix = commonPrefix(names);
    // `*` directly below /proc or /var would open everything there.
    if (names.length < SEQUENCE_MIN || (prefix === '' && above.length < 2)) continue;
    const merged = childOf(tree, `${prefix}*`);
    for (const name of names) {
      const child = tree.children.get(name);
      if (child === undefined) continue;
      removeChild(tree, name);
      mergeTrees(merged, child, absorb);
    }
    markAll(merged);
  }
};

const markAll = (node: PathTree<FileItem>): void => {
  node.value?.rules.add('Sequence');
  for (const child of node.children.values()) markAll(child);
};
