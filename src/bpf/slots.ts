/** Slots: small numbers by which the programs know what to do for a container, and what they hold. */
import { PinfoldError } from '../errors.js';
import type { NativeObject } from './addon.js';
import { u32, u64 } from './bytes.js';
import { LAYOUT, MAX_SLOTS, SIZES, SLOT_FLAG } from './layout.js';
import type { NetworkTable } from './network-rules.js';
import { NetworkTables } from './network-tables.js';
import type { Need } from './programs.js';
import { readSeen } from './seen.js';

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
  /** Rules for exec and files (`setPolicy`); takes effect where the LSM programs are. */
  readonly policy?: number;
  /**
   * A runtime prepares the container inside its cgroup: who enters stays outside, through execs too, until it
   * has left the host's mount namespace.
   */
  readonly container?: boolean;
}

/** What the kernel holds of a slot: for taking over what an earlier process set. */
export interface HeldSlot {
  readonly slot: number;
  readonly cgroupId: bigint;
  readonly generation: number;
  readonly policy: number;
  /** Number of its table of network rules; 0: none. */
  readonly network: number;
  readonly flags: {
    readonly observe: boolean;
    readonly syscalls: boolean;
    readonly denials: boolean;
    readonly network: boolean;
    readonly enforce: boolean;
    readonly container: boolean;
  };
}

const flagsOf = (configuration: SlotConfiguration): number =>
  (configuration.observe ? SLOT_FLAG.observe : 0) |
  (configuration.syscalls ? SLOT_FLAG.syscalls : 0) |
  (configuration.denials ? SLOT_FLAG.denials : 0) |
  (configuration.network === undefined ? 0 : SLOT_FLAG.network) |
  (configuration.enforce ? SLOT_FLAG.enforce : 0) |
  (configuration.container === true ? SLOT_FLAG.container : 0);

/** Programs that have to be attached for it. */
export const needsOf = (configuration: SlotConfiguration): readonly Need[] => {
  const { observe, denials, syscalls, filter, results, policy } = configuration;
  const needs: Need[] = [];
  if (denials && filter === 'Kill') needs.push('kills');
  if (syscalls) needs.push('syscalls');
  if (observe || denials) needs.push('capabilities');
  if ((observe || denials) && results !== false) needs.push('calls');
  if (observe) needs.push('sockets', 'rings');
  if (policy !== undefined) needs.push('verdicts');
  return needs;
};

const encodeSlot = (
  cgroupId: bigint,
  network: number,
  configuration: SlotConfiguration,
): Buffer => {
  const field = LAYOUT.pf_slot;
  const { generation, capabilitiesLost, filter, policy } = configuration;
  const value = Buffer.alloc(SIZES.pf_slot);
  value.writeUInt32LE(flagsOf(configuration), field.flags);
  value.writeUInt32LE(generation, field.generation);
  value.writeBigUInt64LE(cgroupId, field.cgroup_id);
  value.writeBigUInt64LE(capabilitiesLost, field.capabilities_lost);
  const errno = filter === undefined || filter === 'Kill' ? 0 : filter.errno;
  value.writeUInt32LE(errno, field.filter_errno);
  value.writeUInt32LE(policy ?? 0, field.policy);
  value.writeUInt32LE(network, field.network);
  return value;
};

const readSlots = (bytes: Buffer): readonly HeldSlot[] => {
  const slots: HeldSlot[] = [];
  const field = LAYOUT.pf_slot;
  const stride = 4 + SIZES.pf_slot;
  for (let at = 0; at + stride <= bytes.length; at += stride) {
    const value = at + 4;
    const cgroupId = bytes.readBigUInt64LE(value + field.cgroup_id);
    if (cgroupId === 0n) continue;
    const flags = bytes.readUInt32LE(value + field.flags);
    slots.push({
      slot: bytes.readUInt32LE(at),
      cgroupId,
      generation: bytes.readUInt32LE(value + field.generation),
      policy: bytes.readUInt32LE(value + field.policy),
      network: bytes.readUInt32LE(value + field.network),
      flags: {
        observe: (flags & SLOT_FLAG.observe) !== 0,
        syscalls: (flags & SLOT_FLAG.syscalls) !== 0,
        denials: (flags & SLOT_FLAG.denials) !== 0,
        network: (flags & SLOT_FLAG.network) !== 0,
        enforce: (flags & SLOT_FLAG.enforce) !== 0,
        container: (flags & SLOT_FLAG.container) !== 0,
      },
    });
  }
  return slots;
};

export class Slots {
  readonly #object: NativeObject;
  readonly #network: NetworkTables;
  /** Numbers that were given back, the oldest first: tasks of theirs may live on for a while. */
  readonly #free: number[] = [];
  #next: number;

  constructor(object: NativeObject) {
    this.#object = object;
    const held = this.held();
    this.#network = new NetworkTables(object, held);
    this.#next = 1 + Math.max(0, ...held.map(({ slot }) => slot));
  }

  held(): readonly HeldSlot[] {
    return readSlots(this.#object.entries('pf_slots'));
  }

  /** @throws PinfoldError SlotsExhausted */
  allocate(): number {
    if (this.#next < MAX_SLOTS) return this.#next++;
    const used = new Set(this.held().map(({ slot }) => slot));
    const slot = this.#free.shift() ?? this.#neverUsed(used);
    if (slot === undefined) throw new PinfoldError('SlotsExhausted', { limit: MAX_SLOTS - 1 });
    return slot;
  }

  /** Gaps that an earlier process left. */
  #neverUsed(used: ReadonlySet<number>): number | undefined {
    for (let slot = 1; slot < MAX_SLOTS; slot += 1) if (!used.has(slot)) return slot;
    return undefined;
  }

  configure(slot: number, cgroupId: bigint, configuration: SlotConfiguration): void {
    const network = this.#network.numberOf(configuration.network);
    this.#object.update('pf_slots', u32(slot), encodeSlot(cgroupId, network, configuration));
    this.#network.use(slot, network);
  }

  bind(slot: number, cgroupId: bigint): void {
    this.#object.update('pf_cgroups', u64(cgroupId), u32(slot));
  }

  /** Everything the kernel holds of it. */
  release(slot: number): void {
    const bound = this.#object.entries('pf_cgroups');
    for (let at = 0; at + 12 <= bound.length; at += 12)
      if (bound.readUInt32LE(at + 8) === slot)
        this.#object.delete('pf_cgroups', bound.subarray(at, at + 8));
    this.#object.update('pf_slots', u32(slot), Buffer.alloc(SIZES.pf_slot));
    this.#object.update('pf_roots', u32(slot), Buffer.alloc(SIZES.pf_root));
    this.#network.use(slot, 0);
    this.forget(slot);
    this.#free.push(slot);
  }

  /** What was seen of it is new again. */
  forget(slot: number): void {
    this.#object.update('pf_syscall_bits', u32(slot), Buffer.alloc(SIZES.pf_syscalls));
    for (const entry of readSeen(this.#object.entries('pf_seen')))
      if (entry.slot === slot) this.#object.delete('pf_seen', Buffer.from(entry.key, 'latin1'));
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
}
