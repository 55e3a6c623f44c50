/** Gaps: what they are called, what they say, and how many of a kind become one. */
import type { RuleClass } from '../operation.js';
import type { Gap, Witness } from './types.js';

interface GapEntry {
  /** true: more is allowed than the profile allows; false: more is denied. */
  readonly widened: boolean;
  readonly detail: string;
}

const wider = (detail: string): GapEntry => ({ widened: true, detail });
const narrower = (detail: string): GapEntry => ({ widened: false, detail });

export const GAP_CODES = {
  LandlockMissing: wider('This kernel has no Landlock, so nothing limits this class.'),
  SeccompMissing: wider('This kernel has no seccomp filters, so nothing limits this class.'),
  DenyNotExpressible: wider(
    'Landlock can only allow: a deny rule of a class without an allow-list is not enforced.',
  ),
  DenyInsideAllowed: wider(
    'Landlock cannot except something from an allowed tree, so what the deny rule names stays allowed there.',
  ),
  WildcardWidened: wider(
    'Landlock knows no wildcard, so the whole tree below the part before it is allowed.',
  ),
  DirectoryListing: wider(
    'Landlock allows listing by trees: a directory itself and every directory below it can be listed.',
  ),
  ParentGranted: wider(
    'Landlock ties creating, deleting and replacing to the directory, so it is allowed in the whole tree of the parent.',
  ),
  ExecutableReadable: wider('Landlock runs only what may be read, so these programs can be read.'),
  MappedReadable: wider('A file must be opened to be mapped, so these files can be read.'),
  LoaderExecutable: wider(
    'Landlock must let the dynamic loader be executed, so it can be run directly and given any readable program.',
  ),
  MapExecutableNotTold: wider(
    'Landlock cannot tell an executable mapping from reading, so every readable file can be mapped executable.',
  ),
  AttributesNotEnforced: wider(
    'Landlock does not control mode, owner, times and extended attributes, and seccomp cannot tell paths.',
  ),
  UnixConnectNotEnforced: wider(
    'This kernel’s Landlock does not control connecting to Unix sockets by path.',
  ),
  LinkNotTold: wider(
    'Landlock lets a file be hard-linked where names may be created, although it may not be written.',
  ),
  TruncateNotEnforced: wider('This kernel’s Landlock (ABI below 3) does not control truncation.'),
  MissingAtLaunch: narrower(
    'Landlock rules need existing files: what does not exist at launch stays denied when it appears.',
  ),
  ExecNeedsRead: narrower(
    'Landlock runs only what may be read, so programs outside the readable files cannot be run.',
  ),
  MoveBetweenDirectories: narrower(
    'Landlock refuses to move or link a file into a directory in which it would gain rights (EXDEV).',
  ),
  MountRefused: narrower('Under Landlock nothing can be mounted or unmounted.'),
  TooComplexToCompare: wider(
    'The path rules overlap in too many ways to say exactly what Landlock makes of them.',
  ),
  ListenWithoutBind: wider(
    'A socket that listens without bind gets a port from the kernel and no cgroup program sees it.',
  ),
  IngressSourceNotEnforced: wider('The source of incoming connections is not judged at bind.'),
  SctpNotEnforced: wider('No cgroup program sees SCTP.'),
  NetworkNotEnforced: wider(
    'Without cgroup BPF programs addresses and UDP are not judged; Landlock knows TCP ports only.',
  ),
  TooManyNetworkEntries: narrower(
    'The kernel’s table is full: the network rules that come last are left out and stay denied.',
  ),
  UserNamespaceCapabilities: wider(
    'A process that makes a user namespace holds every capability inside it.',
  ),
  SyscallUnknown: narrower(
    'This version of Pinfold does not know the number of these system calls.',
  ),
  ArgumentsInMemory: wider(
    'A 32-bit program can make this call with its arguments in memory, which seccomp cannot read.',
  ),
  IoUringBypass: wider('io_uring does this without a system call that seccomp could refuse.'),
  ProcMemOpen: wider('Another process can still be changed through /proc/PID/mem.'),
  ProtectRefused: narrower(
    'seccomp cannot tell what is behind an address, so memory of mapped files cannot be made executable either.',
  ),
  MemfdRefused: narrower(
    'To prevent fileless execution memfd_create is refused, also for mere shared memory.',
  ),
  FilelessExecOpen: wider(
    'Landlock does not control running or mapping a memfd, which has no path.',
  ),
  DeletedExecOpen: wider('Landlock lets a deleted file run from a descriptor that is still open.'),
  WrittenExecNotTold: wider('Nothing remembers which files a member wrote.'),
} as const satisfies Readonly<Record<string, GapEntry>>;

export type GapCode = keyof typeof GAP_CODES;

/** One finding; many of one class and code become one gap. */
export interface Finding {
  readonly class: RuleClass;
  readonly code: GapCode;
  readonly rules?: readonly string[];
  readonly example?: Witness;
}

const EXAMPLES = 5;

/** One gap for each class and code, in order of first appearance. */
export const gapsOf = (findings: readonly Finding[]): readonly Gap[] => {
  const groups = new Map<string, { first: Finding; rules: Set<string>; example?: Witness }>();
  for (const finding of findings) {
    const key = `${finding.class} ${finding.code}`;
    const group = groups.get(key) ?? { first: finding, rules: new Set<string>() };
    groups.set(key, group);
    for (const rule of finding.rules ?? []) if (group.rules.size < EXAMPLES) group.rules.add(rule);
    if (group.example === undefined && finding.example !== undefined)
      group.example = finding.example;
  }
  return [...groups.values()].map(({ first, rules, example }) => ({
    class: first.class,
    code: first.code,
    detail: GAP_CODES[first.code].detail,
    widened: GAP_CODES[first.code].widened,
    rules: [...rules],
    ...(example === undefined ? {} : { example }),
  }));
};
