/** Behaviour → rules: what a recording becomes, as plain data, with where each rule comes from. */
import type { Access, Architecture } from '../policy/operation.js';
import type { Rules } from '../api/objects.js';
import { CAPABILITIES, type Capability } from '../policy/capabilities.js';
import type { Behaviour, Seen } from './behaviour.js';
import { contextOf, fileTree, sortedAccess, withoutCovered } from './files.js';
import { absorb, type FileItem, type Generalisation } from './generalisation.js';
import { MANY_FILES } from './limits.js';
import { egressOf, ingressOf, type LearnedIngress, type LearnedPeers } from './network.js';
import { patternOf } from './patterns.js';
import { limitPrefixes } from './prefixes.js';
import { emptyTree, entries, pathOf, put, sizeOf, type PathTree } from './tree.js';
import { timingDependent } from './timing.js';

export interface LearnedPath extends Readonly<Seen> {
  readonly path: string;
  /** Empty for exec. */
  readonly access: readonly Access[];
  readonly generalisations: readonly Generalisation[];
  /** How many distinct recorded paths it stands for, and at most three of them. */
  readonly originals: number;
  readonly examples: readonly string[];
  /** At least one of them was resolved from the caller's argument. */
  readonly fromArgument: boolean;
  /** At least one of them is a best guess. */
  readonly raced: boolean;
}

export interface LearnedName extends Readonly<Seen> {
  readonly name: string;
}

export interface LearnedRules {
  readonly exec: readonly LearnedPath[];
  readonly files: readonly LearnedPath[];
  readonly egress: readonly LearnedPeers[];
  readonly ingress: readonly LearnedIngress[];
  readonly capabilities: readonly LearnedName[];
  /** ABIs really used; empty: system calls were not recorded. */
  readonly architectures: readonly Architecture[];
  /** The union over all of them. */
  readonly syscalls: readonly LearnedName[];
  /** Entries of exec and files beyond what a profile may hold: the rarest, left out. */
  readonly leftOut: number;
}

export interface GeneraliseOptions {
  /** From how many equally used children on a directory becomes `dir/*`. Default 64. */
  readonly manyFiles?: number;
  /** Most entries of the files class; directories are widened to get there. Default 3000. */
  readonly maxFiles?: number;
}

/** CEL rule of the CRD: exec, files and network together. */
const MAX_RULES = 5000;
const MAX_FILES = 3000;

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const learned = (tree: PathTree<FileItem>): readonly LearnedPath[] =>
  [...entries(tree)]
    .map(([segments, item]): LearnedPath => ({
      path: pathOf(segments),
      access: sortedAccess(item.access),
      generalisations: [...item.rules].sort(),
      originals: item.originals,
      examples: item.examples,
      count: item.count,
      firstSeen: item.firstSeen,
      lastSeen: item.lastSeen,
      fromArgument: item.fromArgument,
      raced: item.raced,
    }))
    .sort((a, b) => byText(a.path, b.path));

const executed = (path: string, seen: Seen, access: readonly Access[]): FileItem => ({
  access: new Set(access),
  rules: new Set(),
  examples: [path],
  originals: 1,
  count: seen.count,
  firstSeen: seen.firstSeen,
  lastSeen: seen.lastSeen,
  fromArgument: false,
  raced: false,
});

const execTree = (behaviour: Behaviour): PathTree<FileItem> => {
  const tree = emptyTree<FileItem>();
  const context = contextOf(behaviour);
  const add = (path: string, item: FileItem): void => {
    const { segments, rules } = patternOf(path, { executable: true }, context);
    for (const rule of rules) item.rules.add(rule);
    put(tree, segments, item, absorb);
  };
  for (const exec of behaviour.execs.values()) {
    if (exec.fileless === true || exec.deleted === true) continue;
    const item = executed(exec.path, exec, []);
    item.fromArgument = exec.script === true;
    item.raced = exec.raced === true;
    add(exec.path, item);
  }
  // A script needs its interpreter as a program too, seen as one or not.
  for (const exec of behaviour.execs.values()) {
    const { interpreter } = exec;
    if (exec.script !== true || interpreter === undefined || behaviour.execs.has(interpreter))
      continue;
    add(interpreter, executed(interpreter, exec, []));
  }
  return tree;
};

/** The ELF interpreter is mapped by the kernel itself: a need even where no mapping was seen. */
const withElfInterpreters = (behaviour: Behaviour): Behaviour => {
  const files = new Map(behaviour.files);
  for (const exec of behaviour.execs.values()) {
    const { interpreter } = exec;
    if (exec.script === true || interpreter === undefined) continue;
    const known = files.get(interpreter);
    const access = new Set<Access>([...(known?.access ?? []), 'MapExecutable']);
    const { count, firstSeen, lastSeen } = exec;
    files.set(interpreter, {
      ...(known ?? { path: interpreter, count, firstSeen, lastSeen }),
      access,
    });
  }
  return { ...behaviour, files };
};

const learnNames = (names: Iterable<readonly [string, Seen]>): readonly LearnedName[] => {
  const merged = new Map<string, LearnedName>();
  for (const [name, seen] of names) {
    const known = merged.get(name);
    merged.set(name, {
      name,
      count: seen.count + (known?.count ?? 0),
      firstSeen: Math.min(seen.firstSeen, known?.firstSeen ?? Infinity),
      lastSeen: Math.max(seen.lastSeen, known?.lastSeen ?? 0),
    });
  }
  return [...merged.values()].sort((a, b) => byText(a.name, b.name));
};

/** What timing decides has the count 0 and the times of the ABI's first call. */
const withTimingDependent = ([architecture, names]: readonly [
  Architecture,
  ReadonlyMap<string, Seen>,
]): readonly (readonly [string, Seen])[] => {
  const at = Math.min(...[...names.values()].map(({ firstSeen }) => firstSeen));
  return [
    ...names,
    ...timingDependent(architecture, new Set(names.keys())).map((name): readonly [string, Seen] => [
      name,
      { count: 0, firstSeen: at, lastSeen: at },
    ]),
  ];
};

/** Keeps the most used. */
const fit = (paths: readonly LearnedPath[], room: number): readonly LearnedPath[] => {
  if (paths.length <= room) return paths;
  const best = new Set([...paths].sort((a, b) => b.count - a.count).slice(0, room));
  return paths.filter((path) => best.has(path));
};

/**
 * The rules that allow everything recorded and as little else as a next run can do with. Pure.
 * Fileless programs cannot be expressed and are left out; the behaviour's notes tell of them.
 */
export const generalise = (behaviour: Behaviour, options: GeneraliseOptions = {}): LearnedRules => {
  const programs = execTree(behaviour);
  const egress = egressOf(behaviour.sockets.values());
  const ingress = ingressOf(behaviour.sockets.values());
  const room = MAX_RULES - sizeOf(programs) - egress.length - ingress.length;
  const target = Math.min(options.maxFiles ?? MAX_FILES, room);
  const manyFiles = options.manyFiles ?? MANY_FILES;
  const tree = fileTree(withElfInterpreters(behaviour), { manyFiles, target });
  limitPrefixes([programs, tree]);
  const exec = learned(programs);
  const files = learned(withoutCovered(tree));
  const fitting = fit(files, room);
  return {
    exec,
    files: fitting,
    egress,
    ingress,
    capabilities: learnNames(behaviour.capabilities),
    architectures: [...behaviour.syscalls]
      .filter(([, n]) => n.size > 0)
      .map(([a]) => a)
      .sort(),
    syscalls: learnNames([...behaviour.syscalls].flatMap(withTimingDependent)),
    leftOut: files.length - fitting.length,
  };
};

const isCapability = (name: string): name is Capability =>
  CAPABILITIES.some((known) => known === name);

/** `spec.rules` of a profile or revision. Classes that were recorded are allow-lists, empty or not. */
export const rulesOf = (learnt: LearnedRules): Rules => ({
  exec: { allow: learnt.exec.map(({ path }) => ({ path })) },
  files: { allow: learnt.files.map(({ path, access }) => ({ path, access })) },
  network: {
    egress: learnt.egress.map(({ cidrs, ports }) => ({
      to: cidrs.map((cidr) => ({ ipBlock: { cidr } })),
      ports,
    })),
    ingress: learnt.ingress.map(({ ports }) => ({ ports })),
  },
  capabilities: { allow: learnt.capabilities.map(({ name }) => name).filter(isCapability) },
  ...(learnt.architectures.length > 0 && {
    syscalls: {
      architectures: learnt.architectures,
      allow: learnt.syscalls.map(({ name }) => name),
      otherwise: { action: 'Errno', errno: 'EPERM' },
    },
  }),
});
