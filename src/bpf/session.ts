/**
 * The tracing engine of this process: loads the programs once, attaches each only while something
 * needs it, and hands out slots. The only user of the addon.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { installationRoot, isNativeError, loadAddon } from './addon.js';
import type { CgroupProgram, NativeObject, NativeRing } from './addon.js';
import { readCounters, readFailures } from './counters.js';
import type { EngineCounters } from './counters.js';
import { decodeEvents } from './events.js';
import type { DirectTake } from './events.js';
import type { KernelEvent } from './events.js';
import { memoryAccountingRange, missingTracepoints } from './kernel.js';
import { LAYOUT, MAX_SLOTS, SIZES, SLOT_FLAG } from './layout.js';
import { encodeNetworkRules } from './network-rules.js';
import type { NetworkTable } from './network-rules.js';
import { readSeen } from './seen.js';
import type { SeenEntry } from './seen.js';
import { PinfoldError, reasonOf } from '../errors.js';

export interface SessionOptions {
  /** Bytes of each ring, a power of two of at least one page. Defaults: 1 MiB and 8 MiB. */
  readonly securityRingBytes?: number;
  readonly telemetryRingBytes?: number;
}

/** What the kernel does for a slot. */
export interface SlotConfiguration {
  readonly observe: boolean;
  readonly syscalls: boolean;
  readonly denials: boolean;
  /**
   * Whether what comes back from calls matters: to a profile it does where it speaks of exec, files,
   * syscalls or what is forbidden. Seeing it costs every task of the machine. Default: true.
   */
  readonly results?: boolean;
  readonly enforce: boolean;
  readonly generation: number;
  /** Mask of what the launcher takes away: refusals of these are ours to report. */
  readonly capabilitiesLost: bigint;
  /** What the seccomp filter does: an errno beside EPERM and EACCES, or a kill. */
  readonly filter?: { readonly errno: number } | 'Kill';
  readonly network?: NetworkTable;
}

const IDENTITY = [
  'pf_cgroup_mkdir',
  'pf_cgroup_rmdir',
  'pf_cgroup_attach',
  'pf_task_newtask',
  'pf_process_exec',
] as const;

/** Programs that tax others, by what needs them. */
const NEEDS = {
  syscalls: ['pf_sys_enter'],
  calls: ['pf_sys_exit'],
  capabilities: ['pf_capable'],
  sockets: ['pf_listen'],
  rings: ['pf_io_uring'],
  kills: ['pf_killed'],
} as const;
type Need = keyof typeof NEEDS;

const CGROUP_PROGRAMS = [
  'pf_connect4',
  'pf_connect6',
  'pf_sendmsg4',
  'pf_sendmsg6',
  'pf_bind4',
  'pf_bind6',
] as const;

/** Every program that this process may attach, for listings and proofs. */
export const PROGRAMS: readonly string[] = [
  ...IDENTITY,
  ...Object.values(NEEDS).flat(),
  ...CGROUP_PROGRAMS,
];

const DRAIN_BYTES = 1 << 20;

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

const u64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
};

const objectPath = (): string => {
  const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  return join(installationRoot(), 'dist', 'bpf', machine, 'tracing.bpf.o');
};

const openObject = (options: Required<SessionOptions>): NativeObject => {
  const path = objectPath();
  if (!existsSync(path)) throw new PinfoldError('AddonMissing', { problem: `${path} is missing` });
  const { Object: NativeObjectClass } = loadAddon();
  try {
    const object = new NativeObjectClass(path);
    object.setMaxEntries('pf_security', options.securityRingBytes);
    object.setMaxEntries('pf_telemetry', options.telemetryRingBytes);
    object.setVariable('pf_hash_key', randomBytes(16));
    const range = memoryAccountingRange();
    if (range !== undefined)
      object.setVariable('pf_memory_accounting', Buffer.concat(range.map(u64)));
    for (const program of missingTracepoints()) object.setAutoload(program, false);
    object.load();
    return object;
  } catch (cause) {
    const log = isNativeError(cause) ? (cause.verifierLog ?? '') : '';
    throw new PinfoldError(
      'BpfLoadFailed',
      { object: 'tracing.bpf.o', problem: `${reasonOf(cause)}${log === '' ? '' : `\n${log}`}` },
      { cause },
    );
  }
};

/** Detaches programs of Pinfold from a cgroup, as far as `which` says; returns how many. */
export const detachNetworkPrograms = (
  directory: string,
  which: (program: CgroupProgram) => boolean = () => true,
): number => {
  const addon = loadAddon();
  return addon
    .cgroupPrograms(directory)
    .filter(({ name }) => CGROUP_PROGRAMS.some((known) => known === name))
    .filter(which)
    .filter(({ id, attachType }) => addon.detachCgroup(directory, id, attachType)).length;
};

export class TracingSession {
  readonly #object: NativeObject;
  readonly #rings: { readonly security: NativeRing; readonly telemetry: NativeRing };
  readonly #buffer = Buffer.allocUnsafe(DRAIN_BYTES);
  readonly #missing = new Set(missingTracepoints());
  readonly #links = new Map<string, number>();
  readonly #needs = new Map<number, readonly Need[]>();
  readonly #cgroupLinks = new Map<number, readonly number[]>();
  readonly #cgroups = new Map<number, Set<bigint>>();
  readonly #free: number[] = [];
  #nextSlot = 1;
  #closed = false;

  private constructor(object: NativeObject, options: Required<SessionOptions>) {
    const { Ring } = loadAddon();
    this.#object = object;
    this.#rings = {
      security: new Ring(object.mapFd('pf_security'), options.securityRingBytes),
      telemetry: new Ring(object.mapFd('pf_telemetry'), options.telemetryRingBytes),
    };
  }

  /** Loads the programs and attaches identity. @throws PinfoldError BpfLoadFailed, BpfAttachFailed, AddonMissing */
  static open(options: SessionOptions = {}): TracingSession {
    const full = { securityRingBytes: 1 << 20, telemetryRingBytes: 1 << 23, ...options };
    const object = openObject(full);
    try {
      const session = new TracingSession(object, full);
      for (const program of IDENTITY) session.#attach(program);
      return session;
    } catch (error) {
      object.close();
      throw error;
    }
  }

  #attach(program: string): void {
    if (this.#links.has(program) || this.#missing.has(program)) return;
    try {
      this.#links.set(program, this.#object.attach(program));
    } catch (cause) {
      throw new PinfoldError('BpfAttachFailed', { program, problem: reasonOf(cause) }, { cause });
    }
  }

  #detach(program: string): void {
    const link = this.#links.get(program);
    if (link === undefined) return;
    this.#object.detach(link);
    this.#links.delete(program);
  }

  /** Attaches what some slot needs and detaches the rest. */
  #attachNeeded(): void {
    const wanted = new Set([...this.#needs.values()].flat());
    for (const need of Object.keys(NEEDS) as Need[])
      for (const program of NEEDS[need]) {
        if (wanted.has(need)) this.#attach(program);
        else this.#detach(program);
      }
  }

  /** Names of the programs that are attached now, besides those at cgroups. */
  attached(): readonly string[] {
    return [...this.#links.keys()].sort();
  }

  /** Programs that this kernel has no tracepoint for. */
  missing(): readonly string[] {
    return [...this.#missing].sort();
  }

  /** A slot nobody uses. Configure it before a cgroup is bound to it. @throws PinfoldError SlotsExhausted */
  allocateSlot(): number {
    const slot = this.#free.pop() ?? this.#nextSlot++;
    if (slot >= MAX_SLOTS) throw new PinfoldError('SlotsExhausted', { limit: MAX_SLOTS - 1 });
    return slot;
  }

  /** Sets what the kernel does for the slot; takes effect at once. */
  configureSlot(slot: number, cgroupId: bigint, configuration: SlotConfiguration): void {
    const { network } = configuration;
    this.#object.replaceInner(
      'pf_network',
      u32(slot),
      SIZES.pf_network_rule,
      network === undefined ? undefined : encodeNetworkRules(network),
    );
    const key = u32(slot);
    const previous = this.#object.lookup('pf_slots', key);
    const value = previous ?? Buffer.alloc(SIZES.pf_slot);
    const kept = value.readUInt32LE(LAYOUT.pf_slot.flags) & SLOT_FLAG.hasRoot;
    value.writeUInt32LE(
      kept |
        (configuration.observe ? SLOT_FLAG.observe : 0) |
        (configuration.syscalls ? SLOT_FLAG.syscalls : 0) |
        (configuration.denials ? SLOT_FLAG.denials : 0) |
        (network === undefined ? 0 : SLOT_FLAG.network) |
        (configuration.enforce ? SLOT_FLAG.enforce : 0),
      LAYOUT.pf_slot.flags,
    );
    value.writeUInt32LE(configuration.generation, LAYOUT.pf_slot.generation);
    value.writeBigUInt64LE(cgroupId, LAYOUT.pf_slot.cgroup_id);
    value.writeBigUInt64LE(configuration.capabilitiesLost, LAYOUT.pf_slot.capabilities_lost);
    const { filter } = configuration;
    value.writeUInt32LE(
      filter === undefined || filter === 'Kill' ? 0 : filter.errno,
      LAYOUT.pf_slot.filter_errno,
    );
    const needs: Need[] = [];
    if (configuration.denials && filter === 'Kill') needs.push('kills');
    if (configuration.syscalls) needs.push('syscalls');
    if (configuration.observe || configuration.denials) needs.push('capabilities');
    if ((configuration.observe || configuration.denials) && configuration.results !== false)
      needs.push('calls');
    if (configuration.observe) needs.push('sockets', 'rings');
    this.#needs.set(slot, needs);
    this.#attachNeeded();
    this.#object.update('pf_slots', key, value);
  }

  /** From now on tasks that arrive in this cgroup (or are born below it) belong to the slot. */
  bindCgroup(slot: number, cgroupId: bigint): void {
    this.#object.update('pf_cgroups', u64(cgroupId), u32(slot));
    const ids = this.#cgroups.get(slot) ?? new Set();
    this.#cgroups.set(slot, ids.add(cgroupId));
  }

  /**
   * Attaches the network programs at a cgroup directory. `outlive`: they stay with the cgroup when
   * this process dies, and end with it.
   */
  attachNetwork(slot: number, directory: string, outlive: boolean): void {
    const links = CGROUP_PROGRAMS.map((program) => {
      try {
        return this.#object.attachCgroup(program, directory, outlive);
      } catch (cause) {
        throw new PinfoldError('BpfAttachFailed', { program, problem: reasonOf(cause) }, { cause });
      }
    });
    this.#cgroupLinks.set(slot, [...(this.#cgroupLinks.get(slot) ?? []), ...links]);
  }

  /** Detaches what `attachNetwork` attached to end with this process. */
  detachNetworkLinks(slot: number): void {
    for (const link of this.#cgroupLinks.get(slot) ?? []) if (link !== 0) this.#object.detach(link);
    this.#cgroupLinks.delete(slot);
  }

  /** Detaches there what this process attached to stay. */
  detachNetworkLasting(directory: string): void {
    const ours = this.#ownPrograms();
    detachNetworkPrograms(directory, ({ id }) => ours.has(id));
  }

  /** Detaches there what an earlier process left: after its successor was attached. */
  detachStale(directory: string): number {
    const ours = this.#ownPrograms();
    return detachNetworkPrograms(directory, ({ id }) => !ours.has(id));
  }

  #ownPrograms(): ReadonlySet<number> {
    return new Set(CGROUP_PROGRAMS.map((program) => this.#object.programInfo(program).id));
  }

  /** What was seen of a slot is new again: after its rules changed, or when a recording begins. */
  forget(slot: number): void {
    this.#object.update('pf_syscall_bits', u32(slot), Buffer.alloc(SIZES.pf_syscalls));
    for (const entry of this.seen())
      if (entry.slot === slot) this.#object.delete('pf_seen', Buffer.from(entry.key, 'latin1'));
  }

  /**
   * Makes members of what runs already, this process aside: everything in bound cgroups, or a process
   * and its descendants.
   */
  adopt(target?: { readonly pid: number; readonly slot: number }): void {
    const value = Buffer.alloc(SIZES.pf_adoption);
    value.writeUInt32LE(target?.pid ?? 0, LAYOUT.pf_adoption.tgid);
    value.writeUInt32LE(target?.slot ?? 0, LAYOUT.pf_adoption.slot);
    value.writeUInt32LE(process.pid, LAYOUT.pf_adoption.self);
    this.#object.update('pf_adoption', u32(0), value);
    this.#object.runIterator('pf_adopt');
  }

  /** Ends a slot: nothing of it is judged or recorded any more, and its number may be used again. */
  releaseSlot(slot: number): void {
    for (const link of this.#cgroupLinks.get(slot) ?? []) if (link !== 0) this.#object.detach(link);
    this.#cgroupLinks.delete(slot);
    for (const id of this.#cgroups.get(slot) ?? []) this.#object.delete('pf_cgroups', u64(id));
    this.#cgroups.delete(slot);
    this.#object.update('pf_slots', u32(slot), Buffer.alloc(SIZES.pf_slot));
    this.#object.update('pf_syscall_bits', u32(slot), Buffer.alloc(SIZES.pf_syscalls));
    this.#object.replaceInner('pf_network', u32(slot), SIZES.pf_network_rule);
    for (const entry of this.seen())
      if (entry.slot === slot) this.#object.delete('pf_seen', Buffer.from(entry.key, 'latin1'));
    this.#needs.delete(slot);
    this.#attachNeeded();
  }

  /** Calls back when events wait; does not keep the process alive. */
  onEvents(callback: () => void): void {
    this.#rings.security.watch(callback);
    this.#rings.telemetry.watch(callback);
  }

  /**
   * Hands over every event that waits: telemetry, then violations. Violations are read out first, so
   * whatever they refer to (the exec of their program) has been handed over before them. Room in the
   * rings is given back after `take` returned, so what it makes of the events must be durable then.
   * `direct` is asked before telemetry is decoded, and sees no violations.
   */
  drain(take: (event: KernelEvent) => void, direct?: DirectTake): number {
    const violations: KernelEvent[] = [];
    const { security, telemetry } = this.#rings;
    let total = this.#drainRing(security, (event) => violations.push(event));
    for (;;) {
      const bytes = telemetry.drain(this.#buffer);
      if (bytes === 0) break;
      total += decodeEvents(this.#buffer, bytes, take, direct);
      telemetry.commit();
    }
    violations.forEach(take);
    security.commit();
    return total;
  }

  /**
   * Hands over the same as `drain`, as the bytes that `decodeEvents` takes; they are valid during the
   * call. Violations come first.
   */
  drainBytes(take: (bytes: Buffer, length: number) => void): void {
    for (const ring of [this.#rings.security, this.#rings.telemetry]) {
      for (;;) {
        const length = ring.drain(this.#buffer);
        if (length === 0) break;
        take(this.#buffer, length);
        ring.commit();
      }
    }
  }

  #drainRing(ring: NativeRing, take: (event: KernelEvent) => void): number {
    let total = 0;
    for (;;) {
      const bytes = ring.drain(this.#buffer);
      if (bytes === 0) return total;
      total += decodeEvents(this.#buffer, bytes, take);
    }
  }

  /** Exact counters since the session was opened, summed over CPUs. */
  counters(): EngineCounters {
    const misses: Record<string, bigint> = {};
    for (const program of PROGRAMS) {
      if (this.#missing.has(program)) continue;
      const count = this.#object.programInfo(program).recursionMisses;
      if (count > 0n) misses[program] = count;
    }
    const bytes = this.#object.lookup('pf_counts', u32(0)) ?? Buffer.alloc(0);
    return {
      ...readCounters(bytes),
      misses,
      failures: readFailures(this.#object.entries('pf_failures')),
    };
  }

  /** What was seen before, with its counts. */
  seen(): readonly SeenEntry[] {
    return readSeen(this.#object.entries('pf_seen'));
  }

  /** Numbers of the syscalls that a slot made, per ABI (0 native, 1 compat, 2 x32). */
  syscalls(slot: number): readonly (readonly number[])[] {
    const bytes = this.#object.lookup('pf_syscall_bits', u32(slot));
    if (bytes === undefined) return [];
    const bits = (bytes.length / 3) * 8;
    return [0, 1, 2].map((abi) => {
      const base = (abi * bytes.length) / 3;
      return Array.from({ length: bits }, (_, number) => number).filter(
        (number) => ((bytes[base + (number >> 3)] ?? 0) >> (number & 7)) & 1,
      );
    });
  }

  /** Detaches and unloads everything. What was attached to outlive the process stays. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#rings.security.close();
    this.#rings.telemetry.close();
    this.#object.close();
  }
}
