/** Takes what the kernel saw into a behaviour. Times are ms since the epoch; counts default to 1. */
import { formatAddress, parseAddress } from '../policy/address.js';
import type { Access, Architecture, PathDoubt, Protocol } from '../policy/operation.js';
import { DEFAULT_LIMITS, type Behaviour, type Limits, type Note, type Seen } from './behaviour.js';
import { condense } from './condense.js';
import { covering, pathOf, segmentsOf } from './tree.js';

interface Sighting {
  /** ms since the epoch: the first time that this sighting is about. */
  readonly at: number;
  /** The last time, where it stands for several. Default: `at`. */
  readonly until?: number;
  readonly count?: number;
}

interface PathSighting extends Sighting {
  readonly path: string;
  /** `Raced`: a best guess that is kept and marked. Any other doubt: noted, in no rule. */
  readonly doubt?: PathDoubt;
  readonly deleted?: boolean;
  readonly fileless?: boolean;
}

export interface ExecSighting extends PathSighting {
  readonly interpreter?: string;
  readonly script?: boolean;
  /** Process id as the workload sees it. */
  readonly pid?: number;
}

export interface FileSighting extends PathSighting {
  readonly access: readonly Access[];
  readonly directory?: boolean;
  readonly fromArgument?: boolean;
  /** O_TMPFILE: the last name is the kernel's, another one each time. */
  readonly unnamed?: boolean;
}

export interface SocketSighting extends Sighting {
  readonly direction: 'Egress' | 'Ingress';
  readonly protocol: Protocol;
  readonly address: string;
  readonly port: number;
}

/** An empty behaviour. `startSeen` is for the caller to set once the first exec was caught. */
export const createBehaviour = (
  options: { readonly limits?: Partial<Limits>; readonly startSeen?: boolean } = {},
): Behaviour => ({
  execs: new Map(),
  files: new Map(),
  sockets: new Map(),
  capabilities: new Map(),
  syscalls: new Map(),
  notes: new Map(),
  lost: {},
  startSeen: options.startSeen ?? false,
  pids: new Set(),
  limits: { ...DEFAULT_LIMITS, ...options.limits },
});

const limitsOf = (behaviour: Behaviour): Limits => behaviour.limits ?? DEFAULT_LIMITS;

const fresh = ({ at, until, count }: Sighting): Seen => ({
  count: count ?? 1,
  firstSeen: at,
  lastSeen: until ?? at,
});

const again = (seen: Seen, { at, until, count }: Sighting): void => {
  seen.count += count ?? 1;
  seen.firstSeen = Math.min(seen.firstSeen, at);
  seen.lastSeen = Math.max(seen.lastSeen, until ?? at);
};

/** Counts events of a class that did not arrive, or could not be kept. */
export const lost = (behaviour: Behaviour, lossClass: string, count: bigint): void => {
  behaviour.lost[lossClass] = (behaviour.lost[lossClass] ?? 0n) + count;
};

/** Something that a profile cannot hold; repeated ones are counted. */
export const sawNote = (
  behaviour: Behaviour,
  code: Note['code'],
  detail: string,
  count = 1,
): void => {
  const key = `${code} ${detail}`;
  const known = behaviour.notes.get(key);
  if (known !== undefined) {
    known.count += count;
    return;
  }
  // Beyond the bound a code keeps one note without the detail: there are few codes.
  const bounded = behaviour.notes.size < limitsOf(behaviour).notes ? key : code;
  const general = behaviour.notes.get(bounded);
  if (general !== undefined) general.count += count;
  else
    behaviour.notes.set(bounded, {
      code,
      detail: bounded === code ? 'and others' : detail,
      count,
    });
};

/** A process that became a member: its number may turn up in names. */
export const sawPid = (behaviour: Behaviour, pid: number): void => {
  const pids = behaviour.pids;
  if (pids !== undefined && pids.size < limitsOf(behaviour).pids) pids.add(pid);
};

const isCanonical = (path: string): boolean =>
  path.startsWith('/') && !/\/(?:\/|\.{1,2}(?:\/|$))|\0/.test(path) && !/.\/$/.test(path);

const noteOfDoubt: Readonly<Record<PathDoubt, Note['code']>> = {
  Truncated: 'PathUnreadable',
  Unreadable: 'PathUnreadable',
  ForeignRoot: 'ForeignRoot',
  Raced: 'PathRaced',
};

/** Notes what is doubtful about a path; `false`: it cannot stand in a rule. */
const usable = (behaviour: Behaviour, sighting: PathSighting): boolean => {
  const { path, doubt } = sighting;
  const wrong = doubt ?? (isCanonical(path) ? undefined : 'Unreadable');
  if (wrong === undefined) return true;
  sawNote(behaviour, noteOfDoubt[wrong], path, sighting.count);
  return wrong === 'Raced' && isCanonical(path);
};

/** A program was executed. */
export const sawExec = (behaviour: Behaviour, sighting: ExecSighting): void => {
  const { path, interpreter, script, fileless, deleted, doubt, pid } = sighting;
  if (pid !== undefined) sawPid(behaviour, pid);
  // No rule can allow either: a name that is gone proves nothing about what was executed.
  if (fileless === true || deleted === true) {
    sawNote(behaviour, fileless === true ? 'FilelessExec' : 'DeletedExec', path, sighting.count);
    return;
  }
  if (!usable(behaviour, sighting)) return;
  const known = behaviour.execs.get(path);
  if (known === undefined && behaviour.execs.size >= limitsOf(behaviour).execs) {
    tooMany(behaviour, 'exec', sighting);
    return;
  }
  const seen = known ?? { path, ...fresh(sighting) };
  if (known === undefined) behaviour.execs.set(path, seen);
  else again(known, sighting);
  if (interpreter !== undefined) seen.interpreter = interpreter;
  if (script === true) seen.script = true;
  if (doubt === 'Raced') seen.raced = true;
};

const tooMany = (behaviour: Behaviour, what: string, sighting: Sighting): void => {
  lost(behaviour, what, BigInt(sighting.count ?? 1));
  sawNote(behaviour, 'TooMany', `more distinct items of class ${what} than are kept`);
};

/** Files without a name are one item for each directory. No path begins like that. */
const fileKey = ({ path, unnamed }: FileSighting): string =>
  unnamed === true ? `unnamed:${pathOf(segmentsOf(path).slice(0, -1))}` : path;

const newFile = (behaviour: Behaviour, sighting: FileSighting): void => {
  const { path, access, directory, fromArgument, deleted, doubt, unnamed } = sighting;
  if (behaviour.condensed?.full === true) {
    tooMany(behaviour, 'files', sighting);
    return;
  }
  behaviour.files.set(fileKey(sighting), {
    path,
    access: new Set(access),
    ...fresh(sighting),
    ...(directory === true && { directory }),
    ...(fromArgument === true && { fromArgument }),
    ...(deleted === true && { deleted }),
    ...(doubt === 'Raced' && { raced: true }),
    ...(unnamed === true && { unnamed }),
  });
  if (behaviour.files.size > limitsOf(behaviour).files) condense(behaviour);
};

/** A file-system object was used. Nothing is recorded for an empty `access`. */
export const sawFile = (behaviour: Behaviour, sighting: FileSighting): void => {
  const { path, access } = sighting;
  if (access.length === 0) return;
  if (sighting.fileless === true) {
    sawNote(behaviour, 'FilelessFile', path, sighting.count);
    return;
  }
  if (!usable(behaviour, sighting)) return;
  const known =
    behaviour.files.get(fileKey(sighting)) ??
    (behaviour.condensed &&
      covering(behaviour.condensed.patterns, segmentsOf(path), (pattern) =>
        access.every((kind) => pattern.access.has(kind)),
      ));
  if (known === undefined) {
    newFile(behaviour, sighting);
    return;
  }
  for (const kind of access) known.access.add(kind);
  again(known, sighting);
  if (sighting.directory === true) known.directory = true;
  if (sighting.fromArgument === true) known.fromArgument = true;
  if (sighting.doubt === 'Raced') known.raced = true;
};

/** A connection, a datagram or a bound address. What is no address counts as lost. */
export const sawSocket = (behaviour: Behaviour, sighting: SocketSighting): void => {
  const { direction, protocol, port } = sighting;
  const parsed = parseAddress(sighting.address);
  if (parsed === undefined) {
    lost(behaviour, direction === 'Egress' ? 'egress' : 'ingress', BigInt(sighting.count ?? 1));
    return;
  }
  const address = formatAddress(parsed);
  const key = `${direction} ${protocol} ${address} ${String(port)}`;
  const known = behaviour.sockets.get(key);
  if (known !== undefined) again(known, sighting);
  else if (behaviour.sockets.size >= limitsOf(behaviour).sockets)
    tooMany(behaviour, direction === 'Egress' ? 'egress' : 'ingress', sighting);
  else behaviour.sockets.set(key, { direction, protocol, address, port, ...fresh(sighting) });
};

const sawName = (names: Map<string, Seen>, name: string, sighting: Sighting): void => {
  const known = names.get(name);
  if (known === undefined) names.set(name, fresh(sighting));
  else again(known, sighting);
};

/** A capability was granted; `CAP_` in front is dropped. */
export const sawCapability = (
  behaviour: Behaviour,
  sighting: Sighting & { readonly capability: string },
): void => {
  const name = sighting.capability.toUpperCase().replace(/^CAP_/, '');
  sawName(behaviour.capabilities, name, sighting);
};

/** A system call was made through the entry of that ABI. */
export const sawSyscall = (
  behaviour: Behaviour,
  sighting: Sighting & { readonly architecture: Architecture; readonly name: string },
): void => {
  const { architecture, name } = sighting;
  const names = behaviour.syscalls.get(architecture) ?? new Map<string, Seen>();
  behaviour.syscalls.set(architecture, names);
  sawName(names, name, sighting);
};

/** How many distinct items are held: what a progress line calls behaviours. */
export const itemCount = (behaviour: Behaviour): number => {
  const { execs, files, sockets, capabilities, syscalls } = behaviour;
  const calls = [...syscalls.values()].reduce((sum, names) => sum + names.size, 0);
  return execs.size + files.size + sockets.size + capabilities.size + calls;
};
