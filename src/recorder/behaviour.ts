/**
 * What a workload was seen to do: the recorder's running total, before generalisation. Mutable on
 * purpose (it takes every event); everything made from it is plain data.
 */
import type { Access, Architecture, Protocol } from '../policy/operation.js';
import type { Origins } from './generalisation.js';
import type { PathTree } from './tree.js';

/** Provenance that every item carries. Times in ms since the epoch. */
export interface Seen {
  count: number;
  firstSeen: number;
  lastSeen: number;
}

export interface SeenExec extends Seen {
  readonly path: string;
  /** ELF interpreter or `#!` interpreter that the kernel loaded for it. */
  interpreter?: string;
  /** `true`: a script; its path came from the caller's argument, resolved in user space. */
  script?: boolean;
  fileless?: boolean;
  deleted?: boolean;
  /** A rename or mount overtook the walk: the path is the best guess. */
  raced?: boolean;
}

export interface SeenFile extends Seen {
  readonly path: string;
  readonly access: Set<Access>;
  directory?: boolean;
  /** Resolved from the caller's argument, not from the object. */
  fromArgument?: boolean;
  deleted?: boolean;
  /** A rename or mount overtook the walk: the path is the best guess. */
  raced?: boolean;
  /** Opened by O_TMPFILE: the last name of `path` is the kernel's, and another one each time. */
  unnamed?: boolean;
  /** Set when `path` is a pattern that stands for many paths, made to keep the recording bounded. */
  generalised?: Origins;
}

export interface SeenSocket extends Seen {
  readonly direction: 'Egress' | 'Ingress';
  readonly protocol: Protocol;
  /** Egress: the peer; ingress: the local address bound. */
  readonly address: string;
  readonly port: number;
}

/** Things seen that a profile cannot hold or that limit what was seen; each becomes a comment and a condition. */
export interface Note {
  readonly code:
    | 'IoUringUsed'
    | 'PathRaced'
    | 'PathUnreadable'
    | 'FilelessExec'
    | 'DeletedExec'
    | 'StartNotSeen'
    | 'ForeignRoot'
    | 'AbstractUnixSocket'
    | 'FilelessFile'
    | 'Generalised'
    | 'TooMany'
    | 'UnknownSyscall'
    | 'UnknownCapability'
    | 'UnknownProtocol';
  readonly detail: string;
  count: number;
}

export interface Behaviour {
  readonly execs: Map<string, SeenExec>;
  readonly files: Map<string, SeenFile>;
  /** Key: `direction protocol address port`. */
  readonly sockets: Map<string, SeenSocket>;
  readonly capabilities: Map<string, Seen>;
  readonly syscalls: Map<Architecture, Map<string, Seen>>;
  readonly notes: Map<string, Note>;
  /** Events of each class that the kernel could not deliver. All zero: complete. */
  readonly lost: Record<string, bigint>;
  /** Whether the recording began at the workload's first exec. */
  startSeen: boolean;
  /** Process ids (as the workload sees them) that were members: names that hold one are generalised. */
  readonly pids?: Set<number>;
  /** Bounds on what is kept; `DEFAULT_LIMITS` where absent. */
  readonly limits?: Limits;
  /** Present once the files had to be condensed. */
  condensed?: Condensed;
}

/** Most distinct items kept of each class; what comes beyond is generalised (files) or counted as lost. */
export interface Limits {
  readonly files: number;
  readonly execs: number;
  readonly sockets: number;
  readonly notes: number;
  readonly pids: number;
}

export const DEFAULT_LIMITS: Limits = {
  files: 20_000,
  execs: 2_000,
  sockets: 16_384,
  notes: 1_000,
  pids: 65_536,
};

export interface Condensed {
  /** The patterns among `files`, to find the one that a new path falls under. */
  readonly patterns: PathTree<SeenFile>;
  /** Condensing did not free enough: further distinct paths are counted as lost. */
  readonly full: boolean;
}
