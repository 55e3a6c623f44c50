/** Kernel events as plain data, decoded from a drained batch of ring records. */
import type { Access, PathDoubt } from '../policy/operation.js';
import {
  ACCESS_BIT,
  ACCESS_EXECUTE,
  EVENT,
  EVENT_FLAG,
  EVENT_VERSION,
  LAYOUT,
  NOTE,
  PATH_FLAG,
  SIZES,
} from './layout.js';
import { cloak } from '../policy/cloak.js';
import { PinfoldError } from '../errors.js';

/** 0 native, 1 compat (ia32, arm), 2 x32. */
export type Abi = number;

export interface EventHeader {
  readonly cpu: number;
  readonly slot: number;
  /** The key of its entry in the table of what was seen (`SeenEntry.key`), as Latin-1. */
  readonly key: string;
  /** Per CPU; a number that is missing was lost. */
  readonly sequence: number;
  /** CLOCK_MONOTONIC, ns. */
  readonly timeNs: number;
  readonly cgroupId: bigint;
  readonly generation: number;
  /** Index into the rule table given with the slot, 0 for none. */
  readonly rule: number;
  /** Process and thread in the initial pid namespace. */
  readonly pid: number;
  readonly tid: number;
  readonly uid: number;
  /** Negative errno that the task got, or 0. */
  readonly error: number;
  /** Names the program that did it: the `exe` of an earlier exec event. */
  readonly exe: bigint;
  readonly comm: string;
  /** The kernel program itself refused; or it would have, under Enforce. */
  readonly denied: boolean;
  readonly wouldDeny: boolean;
  /** A seccomp filter killed the process; `error` means nothing. */
  readonly killed: boolean;
}

/** A path as the kernel gave it. With `argument`, `walked` is the directory it is relative to. */
export interface KernelPath {
  readonly walked: string;
  readonly argument?: string;
  readonly doubt?: PathDoubt;
  readonly deleted: boolean;
  readonly fileless: boolean;
  /** A symbolic link in the last component of the argument is followed. */
  readonly follow: boolean;
  /** O_TMPFILE: the last name is the kernel's, for this once. With `argument`, that is the directory. */
  readonly unnamed?: true;
  /** After a chroot: the directory at which absolute arguments begin, and which `..` does not leave. */
  readonly root?: KernelPath;
}

export type SocketOp = 'Connect' | 'Send' | 'Bind' | 'Listen' | 'Accept';

export type KernelEvent =
  | {
      readonly kind: 'Exec';
      readonly header: EventHeader;
      readonly exe: bigint;
      readonly abi: Abi;
      readonly first: boolean;
      readonly program: KernelPath;
      readonly interpreter?: KernelPath;
      readonly script?: KernelPath;
      readonly argv: readonly string[];
    }
  | {
      readonly kind: 'File';
      readonly header: EventHeader;
      readonly abi: Abi;
      readonly syscall: number;
      readonly mode: number;
      readonly inode: number;
      readonly device: number;
      readonly access: readonly Access[];
      /** An exec that was permitted and then failed: a script without `#!`. */
      readonly execute: boolean;
      readonly path: KernelPath;
      readonly access2: readonly Access[];
      readonly path2?: KernelPath;
    }
  | {
      /** A syscall that came back with EACCES or EPERM. */
      readonly kind: 'Denial';
      readonly header: EventHeader;
      readonly abi: Abi;
      readonly syscall: number;
      readonly execute: boolean;
      readonly access: readonly Access[];
      readonly path?: KernelPath;
      /** Of the second path; without one, what more the call asked for (O_CREAT). */
      readonly access2: readonly Access[];
      readonly path2?: KernelPath;
    }
  | {
      readonly kind: 'Socket';
      readonly header: EventHeader;
      readonly op: SocketOp;
      readonly family: number;
      readonly type: number;
      readonly protocol: number;
      readonly address: string;
      readonly port: number;
      readonly localPort: number;
    }
  | { readonly kind: 'Capability'; readonly header: EventHeader; readonly capability: number }
  | {
      readonly kind: 'Syscall';
      readonly header: EventHeader;
      readonly abi: Abi;
      readonly syscall: number;
    }
  | { readonly kind: 'Note'; readonly header: EventHeader; readonly note: 'IoUring' }
  | {
      /** An LSM program refused, or would have under Enforce (`group: 'audit'`). */
      readonly kind: 'Refusal';
      readonly header: EventHeader;
      readonly class: 'exec' | 'files';
      readonly group: 'enforce' | 'audit';
      /** What was asked for; empty for an execution. */
      readonly access: readonly Access[];
      /** What of it the rules refuse. */
      readonly refused: readonly Access[];
      readonly path: KernelPath;
      readonly mode: number;
      readonly inode: number;
      readonly device: number;
      /**
       * 1 + index into the decisions of that group's automaton, in the generation of the header; 0: no decision
       * of its own (the path is in doubt, or the object never had a name).
       */
      readonly rule: number;
      readonly cannotTell: boolean;
    }
  | {
      /** A unix socket without a path. The name holds any byte, cloaked as those of paths are. */
      readonly kind: 'Note';
      readonly header: EventHeader;
      readonly note: 'AbstractUnix';
      readonly op: SocketOp;
      readonly name: string;
    };

/** Nearly all names are plain ASCII and need no second look. */
const decodePathBytes = (bytes: Buffer, start: number, end: number): string => {
  for (let index = start; index < end; index += 1)
    if ((bytes[index] ?? 0) >= 0x80) return cloak(bytes.subarray(start, end));
  return bytes.toString('latin1', start, end);
};

const SLASH = 0x2f;

const uint64 = (bytes: Buffer, offset: number): number =>
  bytes.readUInt32LE(offset) + bytes.readUInt32LE(offset + 4) * 0x1_0000_0000;

const textUntilNul = (bytes: Buffer, start: number, end: number): string => {
  const nul = bytes.indexOf(0, start);
  return decodePathBytes(bytes, start, nul < 0 || nul > end ? end : nul);
};

/**
 * Events come in bursts from one program: what stays the same between two is read once. `read` makes
 * the value from the bytes of a field; they are compared as 32-bit words.
 */
const remembering = <Value>(words: number, read: (bytes: Buffer, at: number) => Value) => {
  const last = new Uint32Array(words);
  let value: Value | undefined;
  return (bytes: Buffer, at: number): Value => {
    let same = value !== undefined;
    for (let index = 0; index < words; index += 1) {
      const word = bytes.readUInt32LE(at + index * 4);
      if (last[index] === word) continue;
      last[index] = word;
      same = false;
    }
    if (value === undefined || !same) value = read(bytes, at);
    return value;
  };
};

const exeAt = remembering(2, (bytes, at) => bytes.readBigUInt64LE(at));
const cgroupAt = remembering(2, (bytes, at) => bytes.readBigUInt64LE(at));
const commAt = remembering(4, (bytes, at) => textUntilNul(bytes, at, at + 16));

const header = (bytes: Buffer, at: number): EventHeader => {
  const field = LAYOUT.pf_event;
  const flags = bytes.readUInt32LE(at + field.flags);
  return {
    cpu: bytes.readUInt32LE(at + field.cpu),
    slot: bytes.readUInt32LE(at + field.key + LAYOUT.pf_seen_key.slot),
    key: bytes.toString('latin1', at + field.key, at + field.key + SIZES.pf_seen_key),
    sequence: uint64(bytes, at + field.sequence),
    timeNs: uint64(bytes, at + field.time),
    cgroupId: cgroupAt(bytes, at + field.cgroup_id),
    generation: bytes.readUInt32LE(at + field.generation),
    rule: bytes.readUInt32LE(at + field.rule),
    pid: bytes.readUInt32LE(at + field.tgid),
    tid: bytes.readUInt32LE(at + field.tid),
    uid: bytes.readUInt32LE(at + field.uid),
    error: bytes.readInt32LE(at + field.error),
    exe: exeAt(bytes, at + field.exe),
    comm: commAt(bytes, at + field.comm),
    denied: (flags & EVENT_FLAG.denied) !== 0,
    wouldDeny: (flags & EVENT_FLAG.wouldDeny) !== 0,
    killed: (flags & EVENT_FLAG.killed) !== 0,
  };
};

/** As long as a walk can be: all variable data of an event. */
const forwards = Buffer.allocUnsafe(8192);

/** Components arrive last first, each ended by NUL: put the other way round, then read at once. */
const walkedPath = (bytes: Buffer, start: number, length: number): string => {
  let to = length;
  let from = start;
  for (let index = start; index < start + length; index += 1) {
    if (bytes[index] !== 0) continue;
    const size = index - from;
    to -= size;
    for (let offset = 0; offset < size; offset += 1)
      forwards[to + offset] = bytes[from + offset] ?? 0;
    to -= 1;
    forwards[to] = SLASH;
    from = index + 1;
  }
  return to === length ? '/' : decodePathBytes(forwards, to, length);
};

const doubtOf = (flags: number): PathDoubt | undefined => {
  if (flags & PATH_FLAG.truncated) return 'Truncated';
  if (flags & PATH_FLAG.foreignRoot) return 'ForeignRoot';
  if (flags & PATH_FLAG.raced) return 'Raced';
  if (flags & PATH_FLAG.unreadable) return 'Unreadable';
  return undefined;
};

/** What an argument is relative to, besides the directory. */
const under = (root: KernelPath | undefined, path: KernelPath): KernelPath =>
  root === undefined || path.argument === undefined ? path : { ...path, root };

/** Reads the paths described at `at` whose bytes follow each other from `data`. */
const paths = (
  bytes: Buffer,
  at: number,
  count: number,
  data: number,
): { readonly found: readonly (KernelPath | undefined)[]; readonly end: number } => {
  const found: (KernelPath | undefined)[] = [];
  let position = data;
  for (let index = 0; index < count; index += 1) {
    const entry = at + index * SIZES.pf_path;
    const flags = bytes.readUInt32LE(entry + LAYOUT.pf_path.flags);
    const walked = bytes.readUInt16LE(entry + LAYOUT.pf_path.walked);
    const argument = bytes.readUInt16LE(entry + LAYOUT.pf_path.argument);
    if ((flags & PATH_FLAG.present) === 0) {
      found.push(undefined);
      continue;
    }
    const doubt = doubtOf(flags);
    const path = {
      walked: walkedPath(bytes, position, walked),
      deleted: (flags & PATH_FLAG.deleted) !== 0,
      fileless: (flags & PATH_FLAG.fileless) !== 0,
      follow: (flags & PATH_FLAG.follow) !== 0,
    };
    found.push(
      (flags & (PATH_FLAG.argument | PATH_FLAG.unnamed)) === 0 && doubt === undefined
        ? path // nearly all of them
        : {
            ...path,
            ...(flags & PATH_FLAG.argument
              ? {
                  argument: decodePathBytes(bytes, position + walked, position + walked + argument),
                }
              : {}),
            ...(doubt === undefined ? {} : { doubt }),
            ...(flags & PATH_FLAG.unnamed ? { unnamed: true } : {}),
          },
    );
    position += walked + argument;
  }
  return { found, end: position };
};

const ACCESS_NAMES = Object.entries(ACCESS_BIT) as readonly (readonly [Access, number])[];

/** Every combination, made once. */
const ACCESSES: readonly (readonly Access[])[] = Array.from({ length: 64 }, (_, bits) =>
  ACCESS_NAMES.filter(([, bit]) => (bits & bit) !== 0).map(([name]) => name),
);

const accessOf = (bits: number): readonly Access[] => ACCESSES[bits & 63] ?? [];

const ipv4 = (bytes: Buffer, at: number): string => bytes.subarray(at, at + 4).join('.');

/** RFC 5952 text. */
const ipv6 = (bytes: Buffer, at: number): string => {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(at + index * 2));
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start += 1) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length += 1;
    if (length > best.length) best = { start, length };
  }
  const hex = (part: readonly number[]): string =>
    part.map((group) => group.toString(16)).join(':');
  if (best.start < 0) return hex(groups);
  return `${hex(groups.slice(0, best.start))}::${hex(groups.slice(best.start + best.length))}`;
};

const SOCKET_OPS = ['Connect', 'Connect', 'Send', 'Bind', 'Listen', 'Accept'] as const;
const AF_INET = 2;

const fileEvent = (bytes: Buffer, at: number, denial: boolean): KernelEvent | undefined => {
  const field = LAYOUT.pf_file_event;
  const access = bytes.readUInt32LE(at + field.access);
  const { found } = paths(bytes, at + field.path, 3, at + SIZES.pf_file_event);
  const root = found[2];
  const path = found[0] && under(root, found[0]);
  const path2 = found[1] && under(root, found[1]);
  const kernelHeader = header(bytes, at);
  const abi = bytes.readUInt16LE(at + field.abi);
  const syscall = bytes.readUInt16LE(at + field.syscall);
  const access2 = accessOf(bytes.readUInt32LE(at + field.access2));
  if (denial)
    return {
      kind: 'Denial',
      header: kernelHeader,
      abi,
      syscall,
      access: accessOf(access),
      access2,
      execute: (access & ACCESS_EXECUTE) !== 0,
      ...(path === undefined ? {} : { path }),
      ...(path2 === undefined ? {} : { path2 }),
    };
  if (path === undefined) return undefined;
  const event = {
    kind: 'File',
    header: kernelHeader,
    abi,
    syscall,
    access: accessOf(access),
    execute: (access & ACCESS_EXECUTE) !== 0,
    access2,
    path,
    mode: bytes.readUInt32LE(at + field.mode),
    inode: uint64(bytes, at + field.inode),
    device: bytes.readUInt32LE(at + field.device),
  } as const;
  return path2 === undefined ? event : { ...event, path2 };
};

const refusalEvent = (bytes: Buffer, at: number): KernelEvent | undefined => {
  const field = LAYOUT.pf_file_event;
  const kernelHeader = header(bytes, at);
  const access = bytes.readUInt32LE(at + field.access);
  const [path] = paths(bytes, at + field.path, 1, at + SIZES.pf_file_event).found;
  if (path === undefined) return undefined;
  return {
    kind: 'Refusal',
    header: kernelHeader,
    class: (access & ACCESS_EXECUTE) === 0 ? 'files' : 'exec',
    group: kernelHeader.denied ? 'enforce' : 'audit',
    access: accessOf(access),
    refused: accessOf(bytes.readUInt32LE(at + field.access2)),
    path,
    mode: bytes.readUInt32LE(at + field.mode),
    inode: uint64(bytes, at + field.inode),
    device: bytes.readUInt32LE(at + field.device),
    rule: kernelHeader.rule,
    cannotTell: path.doubt !== undefined && !path.fileless,
  };
};

const execEvent = (bytes: Buffer, at: number): KernelEvent | undefined => {
  const field = LAYOUT.pf_exec_event;
  const { found, end } = paths(bytes, at + field.path, 4, at + SIZES.pf_exec_event);
  const [program, interpreter, script, root] = found;
  if (program === undefined) return undefined;
  const argvBytes = bytes.readUInt16LE(at + field.argv);
  const argv = decodePathBytes(bytes, end, end + argvBytes).split('\0');
  if (argv.at(-1) === '') argv.pop();
  return {
    kind: 'Exec',
    header: header(bytes, at),
    exe: bytes.readBigUInt64LE(at + field.exe),
    abi: bytes.readUInt16LE(at + field.abi),
    first: bytes.readUInt32LE(at + field.first) !== 0,
    program,
    ...(interpreter === undefined ? {} : { interpreter }),
    ...(script === undefined ? {} : { script: under(root, script) }),
    argv,
  };
};

const socketEvent = (bytes: Buffer, at: number): KernelEvent | undefined => {
  const field = LAYOUT.pf_socket_event;
  const family = bytes.readUInt16LE(at + field.family);
  const op = SOCKET_OPS[bytes.readUInt16LE(at + field.op)];
  if (op === undefined) return undefined;
  return {
    kind: 'Socket',
    header: header(bytes, at),
    op,
    family,
    type: bytes.readUInt16LE(at + field.type),
    protocol: bytes.readUInt16LE(at + field.protocol),
    address: family === AF_INET ? ipv4(bytes, at + field.address) : ipv6(bytes, at + field.address),
    port: bytes.readUInt16LE(at + field.port),
    localPort: bytes.readUInt16LE(at + field.local_port),
  };
};

const noteEvent = (bytes: Buffer, at: number): KernelEvent | undefined => {
  const field = LAYOUT.pf_note_event;
  const common = { kind: 'Note', header: header(bytes, at) } as const;
  if (bytes.readUInt32LE(at + field.note) === NOTE.ioUring) return { ...common, note: 'IoUring' };
  const op = SOCKET_OPS[bytes.readUInt16LE(at + field.op)];
  if (op === undefined) return undefined;
  const name = at + SIZES.pf_note_event;
  const end = name + bytes.readUInt16LE(at + field.length);
  return { ...common, note: 'AbstractUnix', op, name: decodePathBytes(bytes, name, end) };
};

/** The event at `bytes[at]`; undefined for a type that this version does not know. */
export const eventAt = (bytes: Buffer, at: number): KernelEvent | undefined => {
  switch (bytes[at + LAYOUT.pf_event.type]) {
    case EVENT.exec:
      return execEvent(bytes, at);
    case EVENT.file:
      return fileEvent(bytes, at, false);
    case EVENT.denial:
      return fileEvent(bytes, at, true);
    case EVENT.refusal:
      return refusalEvent(bytes, at);
    case EVENT.socket:
      return socketEvent(bytes, at);
    case EVENT.capability:
      return {
        kind: 'Capability',
        header: header(bytes, at),
        capability: bytes.readUInt32LE(at + LAYOUT.pf_capability_event.capability),
      };
    case EVENT.syscall:
      return {
        kind: 'Syscall',
        header: header(bytes, at),
        abi: bytes.readUInt16LE(at + LAYOUT.pf_syscall_event.abi),
        syscall: bytes.readUInt16LE(at + LAYOUT.pf_syscall_event.syscall),
      };
    case EVENT.note:
      return noteEvent(bytes, at);
    default:
      return undefined;
  }
};

/** Read for every event: without the checks of `readUInt16LE`, which a loop up to `length` needs not. */
const sizeAt = (bytes: Buffer, at: number): number =>
  (bytes[at + LAYOUT.pf_event.size] ?? 0) | ((bytes[at + LAYOUT.pf_event.size + 1] ?? 0) << 8);

/** Asked before an event is decoded: whether it was dealt with by its bytes, which are the ring's. */
export type DirectTake = (bytes: Buffer, at: number) => boolean;

/**
 * Calls `take` with each event of `bytes[0, length)`, as Ring.drain left them (each padded to 8), unless
 * `direct` deals with its bytes.
 * @throws PinfoldError Internal when the bytes are not what this version's programs send.
 */
export const decodeEvents = (
  bytes: Buffer,
  length: number,
  take: (event: KernelEvent) => void,
  direct?: DirectTake,
): number => {
  let count = 0;
  for (let at = 0; at < length; count += 1) {
    const size = sizeAt(bytes, at);
    const isOurs = bytes[at + LAYOUT.pf_event.version] === EVENT_VERSION && size >= SIZES.pf_event;
    const isDone = isOurs && direct?.(bytes, at) === true;
    const event = isOurs && !isDone ? eventAt(bytes, at) : undefined;
    if (event !== undefined) take(event);
    else if (!isDone)
      throw new PinfoldError('Internal', {
        problem: `kernel event of type ${String(bytes[at + LAYOUT.pf_event.type])}, version ${String(bytes[at])}, ${String(size)} bytes`,
      });
    at += (size + 7) & ~7;
  }
  return count;
};
