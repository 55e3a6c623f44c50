/** What recorded paths were turned into patterns for, and what a pattern remembers of them. */
import type { Access } from '../policy/operation.js';

export type Generalisation =
  /** `/proc/<pid>`, and task and descriptor numbers below it. */
  | 'ProcessId'
  /** Ids of containers, pods and sessions below /sys/fs/cgroup. */
  | 'CgroupId'
  /** `/dev/pts/<n>`. */
  | 'Terminal'
  /** `/sys/devices/system/cpu/cpu<n>`, `node<n>`: differs by machine. */
  | 'Processor'
  | 'Uuid'
  | 'Hash'
  /** mkstemp and its relatives. */
  | 'TempName'
  /** O_TMPFILE: the name that the kernel gives to what has none. */
  | 'UnnamedFile'
  /** A process id in the name of a file that the workload made. */
  | 'PidInName'
  | 'Timestamp'
  /** Zero-padded serial numbers such as `0000000042`. */
  | 'Counter'
  /** Directories of one to three hex digits above a hash: `c/29/b7f5…`. */
  | 'HashDirectory'
  /** Three or more siblings that differ only in a number or hash. */
  | 'Sequence'
  /** Very many children of one directory, all used in the same way. */
  | 'ManyFiles'
  /** Wider than the evidence, to stay within the number of rules or the memory of a recording. */
  | 'Budget'
  /** A name that the path grammar cannot hold (`*`, control characters, bytes that are not UTF-8). */
  | 'Inexpressible';

export interface Generalised {
  /** The part before what differs; the segment becomes `prefix*`. */
  readonly prefix: string;
  readonly rule: Generalisation;
}

/** What a pattern was made from. */
export interface Origins {
  readonly rules: ReadonlySet<Generalisation>;
  /** How many distinct recorded paths it stands for. */
  readonly originals: number;
  /** At most three of them. */
  readonly examples: readonly string[];
}

/** One entry of the files class while it is being generalised. Times in ms since the epoch. */
export interface FileItem {
  readonly access: Set<Access>;
  readonly rules: Set<Generalisation>;
  readonly examples: string[];
  originals: number;
  count: number;
  firstSeen: number;
  lastSeen: number;
  fromArgument: boolean;
  raced: boolean;
}

export const MAX_EXAMPLES = 3;

/** Adds what `from` knows to `into`: access is united, counts add up. */
export const absorb = (into: FileItem, from: FileItem): void => {
  for (const access of from.access) into.access.add(access);
  for (const rule of from.rules) into.rules.add(rule);
  for (const example of from.examples)
    if (into.examples.length < MAX_EXAMPLES) into.examples.push(example);
  into.originals += from.originals;
  into.count += from.count;
  into.firstSeen = Math.min(into.firstSeen, from.firstSeen);
  into.lastSeen = Math.max(into.lastSeen, from.lastSeen);
  into.fromArgument ||= from.fromArgument;
  into.raced ||= from.raced;
};
