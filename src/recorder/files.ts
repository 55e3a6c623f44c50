/** The files of a behaviour as a tree of patterns, and from there to the entries of a profile. */
import type { Access } from '../policy/operation.js';
import { ACCESSES } from '../policy/operation.js';
import type { Behaviour, SeenFile } from './behaviour.js';
import { collapseToFit, collapseUniform } from './collapse.js';
import { absorb, type FileItem } from './generalisation.js';
import { hashDirectoriesOf, patternOf, type PathContext, type Pattern } from './patterns.js';
import { generaliseSequences } from './sequence.js';
import { covering, emptyTree, entries, put, segmentsOf, type PathTree } from './tree.js';

export interface FileOptions {
  /** From how many equally used children on a directory becomes `dir/*`. */
  readonly manyFiles: number;
  /** At most this many entries. */
  readonly target: number;
}

const itemOf = (file: SeenFile): FileItem => ({
  access: new Set(file.access),
  rules: new Set(file.generalised?.rules),
  examples: file.generalised === undefined ? [file.path] : [...file.generalised.examples],
  originals: file.generalised?.originals ?? 1,
  count: file.count,
  firstSeen: file.firstSeen,
  lastSeen: file.lastSeen,
  fromArgument: file.fromArgument === true,
  raced: file.raced === true,
});

const clone = (item: FileItem): FileItem => ({
  ...item,
  access: new Set(item.access),
  rules: new Set(item.rules),
  examples: [...item.examples],
});

/**
 * `/proc/*` would open /proc/kcore and the like together with the processes: only a process's
 * directory begins with a digit, so that nine prefixes say exactly what is meant.
 */
const PROCESS_DIRECTORIES = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((digit) => [
  'proc',
  `${String(digit)}*`,
]);

const isAnyProcess = ({ segments, rules }: Pattern): boolean =>
  segments.length === 2 && segments[0] === 'proc' && rules.includes('ProcessId');

/** What the path rules need to know of everything that was seen. */
export const contextOf = (behaviour: Behaviour): PathContext => {
  const pids = behaviour.pids ?? new Set<number>();
  const created = (path: string): boolean =>
    behaviour.files.get(path)?.access.has('Create') === true;
  const paths = [...behaviour.files.values()]
    .filter((file) => file.generalised === undefined)
    .map((file) => file.path);
  const hashDirectories = hashDirectoriesOf(paths, { created, pids });
  return { created, pids, hashDirectories };
};

/** Drops entries that a wider one with at least the same access makes redundant; it keeps their counts. */
export const withoutCovered = (tree: PathTree<FileItem>): PathTree<FileItem> => {
  const patterns = emptyTree<FileItem>();
  const literals: (readonly [readonly string[], FileItem])[] = [];
  const wild = [...entries(tree)].filter(([segments, item]) => {
    const isWild = segments.some((segment) => segment.endsWith('*'));
    if (!isWild) literals.push([segments, item]);
    return isWild;
  });
  for (const [segments, item] of wild) put(patterns, segments, item, absorb);
  const kept = emptyTree<FileItem>();
  for (const [segments, item] of [...wild, ...literals]) {
    const wider = covering(
      patterns,
      segments,
      (other) => other !== item && [...item.access].every((access) => other.access.has(access)),
    );
    if (wider === undefined) put(kept, segments, item, absorb);
    else absorb(wider, item);
  }
  return kept;
};

/** All files as a tree of patterns: `options` says how far to widen. */
export const fileTree = (behaviour: Behaviour, options: FileOptions): PathTree<FileItem> => {
  const context = contextOf(behaviour);
  const tree = emptyTree<FileItem>();
  for (const file of behaviour.files.values()) {
    const item = itemOf(file);
    if (file.generalised !== undefined) {
      put(tree, segmentsOf(file.path), item, absorb);
      continue;
    }
    const use = { executable: file.access.has('MapExecutable'), unnamed: file.unnamed === true };
    const pattern = patternOf(file.path, use, context);
    for (const rule of pattern.rules) item.rules.add(rule);
    const places = isAnyProcess(pattern) ? PROCESS_DIRECTORIES : [pattern.segments];
    for (const place of places) put(tree, place, clone(item), absorb);
  }
  generaliseSequences(tree);
  collapseUniform(tree, options.manyFiles);
  collapseToFit(tree, options.target);
  return withoutCovered(tree);
};

/** Access kinds in the order of the API. */
export const sortedAccess = (access: ReadonlySet<Access>): readonly Access[] =>
  ACCESSES.filter((kind) => access.has(kind));
