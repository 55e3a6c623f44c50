/**
 * What a workload was seen to do: the recorder's running total, before generalisation. Mutable on
 * purpose (it takes every event); everything made from it is plain data.
 */
import type { Access, Architecture, Protocol } from '../policy/operation.js';

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
}

export interface SeenFile extends Seen {
  readonly path: string;
  readonly access: Set<Access>;
  directory?: boolean;
  /** Resolved from the caller's argument, not from the object. */
  fromArgument?: boolean;
  deleted?: boolean;
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
    | 'AbstractUnixSocket';
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
}
