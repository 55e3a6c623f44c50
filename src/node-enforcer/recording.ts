/** Takes kernel events into a recorded behaviour, and the kernel's counts with them. */
import type { KernelEvent, KernelPath } from '../bpf/events.js';
import type { EngineCounters } from '../bpf/counters.js';
import type { SeenEntry } from '../bpf/seen.js';
import { CAPABILITIES } from '../policy/capabilities.js';
import type { Architecture } from '../policy/operation.js';
import { syscallName } from '../policy/syscalls.js';
import type { Behaviour } from '../recorder/behaviour.js';
import {
  lost,
  sawCapability,
  sawExec,
  sawFile,
  sawNote,
  sawSocket,
  sawSyscall,
} from '../recorder/saw.js';
import { epochMs } from './clock.js';
import { abiName, protocolName } from './names.js';
import type { Resolver } from './resolver.js';

const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;

/** Adds to the counts of the items that an event stood for. */
type Recount = (more: number, lastSeen: number) => void;

export class Recording {
  readonly behaviour: Behaviour;
  readonly #resolve: Resolver;
  readonly #isStart: (slot: number) => boolean;
  /** By the event's key: what to raise when the kernel says that it happened again. */
  readonly #counted = new Map<string, { reported: number; readonly add: Recount }>();
  #events = 0;

  /** `isStart`: whether the first exec seen in a slot is its workload's, and not of one that came later. */
  constructor(
    behaviour: Behaviour,
    resolve: Resolver,
    isStart: (slot: number) => boolean = () => true,
  ) {
    this.behaviour = behaviour;
    this.#resolve = resolve;
    this.#isStart = isStart;
  }

  /** Occurrences that the kernel saw, repeats included, as of the last `count`. */
  get events(): number {
    return this.#events;
  }

  take(event: KernelEvent): void {
    this.#events += 1;
    const at = epochMs(event.header.timeNs);
    const saw = (count: number, when: number): void => {
      this.#saw(event, when, count);
    };
    saw(1, at);
    if (event.kind !== 'Syscall') this.#counted.set(event.header.key, { reported: 1, add: saw });
  }

  /** Raises counts to what the kernel's table says. */
  count(entries: readonly SeenEntry[]): void {
    for (const entry of entries) {
      const known = this.#counted.get(entry.key);
      if (known === undefined || entry.count <= known.reported) continue;
      known.add(entry.count - known.reported, epochMs(entry.lastNs));
      this.#events += entry.count - known.reported;
      known.reported = entry.count;
    }
  }

  /** Syscalls from the bitmap: complete even where an event was lost. */
  syscalls(numbers: readonly (readonly number[])[], at: number): void {
    numbers.forEach((ofAbi, abi) => {
      const architecture = abiName(abi);
      for (const number of ofAbi) {
        const name = syscallName(architecture, number);
        const known = name !== undefined && this.behaviour.syscalls.get(architecture)?.has(name);
        if (known !== true) this.#syscall(architecture, number, at);
      }
    });
  }

  /** Losses of the engine, which held nothing but this recording. */
  losses(counters: EngineCounters): void {
    for (const [name, count] of Object.entries(counters.lost))
      if (count > 0n) lost(this.behaviour, name, count);
    for (const [name, count] of Object.entries(counters.misses))
      lost(this.behaviour, `skipped ${name}`, count);
    if (counters.noStorage > 0n) lost(this.behaviour, 'tasks', counters.noStorage);
  }

  #syscall(architecture: Architecture, number: number, at: number): void {
    const name = syscallName(architecture, number);
    // A number that no list knows gets ENOSYS from this kernel or is newer than the lists.
    if (name === undefined)
      sawNote(this.behaviour, 'UnknownSyscall', `${architecture} ${String(number)}`);
    else sawSyscall(this.behaviour, { architecture, name, at });
  }

  #saw(event: KernelEvent, at: number, count: number): void {
    const { behaviour } = this;
    switch (event.kind) {
      case 'Exec':
        this.#exec(event, at, count);
        return;
      case 'File':
        this.#files(event, at, count);
        return;
      case 'Socket':
        this.#socket(event, at, count);
        return;
      case 'Capability': {
        const capability = CAPABILITIES[event.capability];
        if (capability === undefined)
          sawNote(behaviour, 'UnknownCapability', String(event.capability), count);
        else sawCapability(behaviour, { capability, at, count });
        return;
      }
      case 'Syscall':
        this.#syscall(abiName(event.abi), event.syscall, at);
        return;
      case 'Note':
        if (event.note === 'IoUring')
          sawNote(behaviour, 'IoUringUsed', 'io_uring was set up', count);
        else {
          // Programs that pass a whole sockaddr_un have a name full of NUL: nobody reads those.
          const name = event.name.replace(/\0+$/, '');
          const detail = `${event.op.toLowerCase()} @${name}`;
          sawNote(behaviour, 'AbstractUnixSocket', detail, count);
        }
        return;
      case 'Denial':
      case 'Refusal':
        return; // what was refused is not a need
    }
  }

  #exec(event: Extract<KernelEvent, { kind: 'Exec' }>, at: number, count: number): void {
    const { behaviour } = this;
    const { pid } = event.header;
    const program = this.#resolve(event.program, pid);
    if (event.first && this.#isStart(event.header.slot)) behaviour.startSeen = true;
    const common = { at, count, pid };
    const interpreter =
      event.interpreter === undefined ? undefined : this.#resolve(event.interpreter, pid);
    sawExec(behaviour, {
      ...common,
      ...program,
      ...(interpreter === undefined ? {} : { interpreter: interpreter.path }),
    });
    if (interpreter !== undefined)
      sawFile(behaviour, { at, count, ...interpreter, access: ['MapExecutable'] });
    if (event.script === undefined) return;
    const script = this.#resolve(event.script, pid);
    const marks = { interpreter: program.path, script: true };
    sawExec(behaviour, { ...common, ...script, ...marks });
    const changed = event.script.root?.walked;
    for (const path of this.#resolve.between?.(script.path, program.path, pid, changed) ?? [])
      sawExec(behaviour, { ...common, path, ...marks });
  }

  #files(event: Extract<KernelEvent, { kind: 'File' }>, at: number, count: number): void {
    const { pid } = event.header;
    const see = (path: KernelPath, access: typeof event.access, fromArgument: boolean): void => {
      sawFile(this.behaviour, {
        at,
        count,
        ...this.#resolve(path, pid),
        access,
        directory: (event.mode & S_IFMT) === S_IFDIR,
        fromArgument,
        unnamed: path.unnamed === true,
      });
    };
    if (event.execute)
      sawExec(this.behaviour, { at, count, pid, ...this.#resolve(event.path, pid), script: true });
    see(event.path, event.access, event.path.argument !== undefined);
    if (event.path2 !== undefined) see(event.path2, event.access2, true);
  }

  #socket(event: Extract<KernelEvent, { kind: 'Socket' }>, at: number, count: number): void {
    const protocol = protocolName(event.protocol);
    if (protocol === undefined) {
      sawNote(
        this.behaviour,
        'UnknownProtocol',
        `${event.op} ${event.address} protocol ${String(event.protocol)}`,
        count,
      );
      return;
    }
    // Listening and accepting need no more than the bind that came before.
    if (event.op === 'Listen' || event.op === 'Accept') return;
    sawSocket(this.behaviour, {
      direction: event.op === 'Bind' ? 'Ingress' : 'Egress',
      protocol,
      address: event.address,
      port: event.port,
      at,
      count,
    });
  }
}
