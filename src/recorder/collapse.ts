/** Directories of which very many children were used: `dir/*` or `dir/**` instead of a list. */
import type { FileItem, Generalisation } from './generalisation.js';
import { absorb } from './generalisation.js';
import { childOf, entries, removeChild, sizeOf, type PathTree } from './tree.js';

type Files = PathTree<FileItem>;

/** Directories of the file hierarchy whose children have nothing in common: never opened as a whole. */
const NEVER = [
  /^\/(?:etc|usr|s?bin|lib[^/]*|root|home|proc|sys|dev|var|opt|srv|boot|run|nix|mnt|media)?$/,
  /^\/usr\/(?:s?bin|lib[^/]*|share|include|local(?:\/(?:s?bin|lib[^/]*|etc|share))?)$/,
  /^\/var\/(?:lib|cache|log|spool|run|opt|local|mail)$/,
  /^\/home\/[^/]+$/,
  /^\/proc\//,
  /^\/sys\/[^/]+$/,
  /\/\.(?:ssh|gnupg|aws|kube|docker|config|local)$/,
  /^\/etc\/(?:pam\.d|sudoers\.d|cron[^/]*|ssh|ssl\/private)$/,
];

const mayOpen = (above: readonly string[]): boolean => {
  const path = `/${above.join('/')}`;
  return !NEVER.some((pattern) => pattern.test(path));
};

const executable = (item: FileItem): boolean => item.access.has('MapExecutable');

const isLeaf = (node: Files): boolean => node.children.size === 0 && node.value !== undefined;

const accessOf = (item: FileItem): string => [...item.access].sort().join();

/** The one way in which everything of a subtree was used; `undefined` where there are several, or code. */
const uniformAccess = (node: Files): string | undefined => {
  let access: string | undefined;
  for (const [, item] of entries(node)) {
    const own = accessOf(item);
    if (executable(item) || (access !== undefined && access !== own)) return undefined;
    access = own;
  }
  return access;
};

/** Takes the named children's items (without code) out of the tree and puts them together at `wild`. */
const fold = (
  node: Files,
  names: readonly string[],
  wild: '*' | '**',
  rule: Generalisation,
): void => {
  let into = node.children.get(wild)?.value;
  for (const name of names) {
    const child = node.children.get(name);
    if (child === undefined || name === wild) continue;
    for (const item of takeData(child)) {
      if (into === undefined) into = item;
      else absorb(into, item);
    }
    if (sizeOf(child) === 0) removeChild(node, name);
  }
  if (into === undefined) return;
  into.rules.add(rule);
  childOf(node, wild).value = into;
};

const takeData = (node: Files): FileItem[] => {
  const taken: FileItem[] = [];
  if (node.value !== undefined && !executable(node.value)) {
    taken.push(node.value);
    delete node.value;
  }
  for (const [name, child] of node.children) {
    taken.push(...takeData(child));
    if (child.children.size === 0 && child.value === undefined) removeChild(node, name);
  }
  return taken;
};

/** Directories with at least `threshold` children that were all used in the same way; in place. */
export const collapseUniform = (
  node: Files,
  threshold: number,
  above: readonly string[] = [],
): void => {
  for (const [name, child] of [...node.children])
    collapseUniform(child, threshold, [...above, name]);
  if (node.children.size < threshold || !mayOpen(above)) return;
  const groups = new Map<string, string[]>();
  for (const [name, child] of node.children) {
    const access = uniformAccess(child);
    if (access === undefined) continue;
    const group = groups.get(access);
    if (group === undefined) groups.set(access, [name]);
    else group.push(name);
  }
  for (const names of groups.values()) {
    if (names.length < threshold) continue;
    const nested = names.some((name) => (node.children.get(name)?.children.size ?? 0) > 0);
    const already = node.children.has('**') || nested;
    fold(node, names, already ? '**' : '*', 'ManyFiles');
  }
};

const collapseLeaves = (node: Files, threshold: number, above: readonly string[]): void => {
  for (const [name, child] of [...node.children])
    collapseLeaves(child, threshold, [...above, name]);
  if (!mayOpen(above)) return;
  const leaves = [...node.children].filter(
    ([name, child]) => name !== '**' && isLeaf(child) && child.value && !executable(child.value),
  );
  if (leaves.length >= threshold)
    fold(
      node,
      leaves.map(([name]) => name),
      '*',
      'Budget',
    );
};

const collapseSubtrees = (node: Files, threshold: number, above: readonly string[]): void => {
  for (const [name, child] of [...node.children])
    collapseSubtrees(child, threshold, [...above, name]);
  if (node.children.size >= threshold && mayOpen(above))
    fold(node, [...node.children.keys()], '**', 'Budget');
};

/** From very many children down to a handful. */
const STEPS = [64, 32, 16, 8, 4];

/**
 * Widens directories, the fullest first and whatever they were used for, until the tree has at most
 * `target` items or nothing more may be widened. Code (MapExecutable) is never widened. In place.
 */
export const collapseToFit = (tree: Files, target: number): void => {
  for (const threshold of STEPS) {
    if (sizeOf(tree) <= target) return;
    collapseLeaves(tree, threshold, []);
    if (sizeOf(tree) <= target) return;
    collapseSubtrees(tree, threshold, []);
  }
};
