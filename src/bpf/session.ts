/**
 * The engine of this process: loads the programs once, attaches each only while something needs it, hands out
 * slots and policies. The only user of the addon. With pins, identity and verdicts outlive the process, and
 * the next session takes them over.
 */
import { PinfoldError } from '../errors.js';
import { Attachments } from './attachments.js';
import { u32 } from './bytes.js';
import { readCounters, readFailures } from './counters.js';
import type { EngineCounters } from './counters.js';
import { loadEngine } from './engine.js';
import type { Engine, EngineOptions } from './engine.js';
import type { DirectTake, KernelEvent } from './events.js';
import { LAYOUT, SIZES } from './layout.js';
import { detachNetworkPrograms, NetworkPrograms } from './network-programs.js';
import { detachAll } from './pins.js';
import { Policies } from './policies.js';
import type { CompiledPolicy } from './policy-table.js';
import { Rings } from './rings.js';
import { readSeen } from './seen.js';
import type { SeenEntry } from './seen.js';
import { needsOf, Slots } from './slots.js';
import type { HeldSlot, SlotConfiguration } from './slots.js';

export type { HeldSlot, SlotConfiguration } from './slots.js';
export { detachNetworkPrograms } from './network-programs.js';
export { PROGRAMS } from './programs.js';

export class TracingSession {
  readonly #engine: Engine;
  readonly #attachments: Attachments;
  readonly #slots: Slots;
  readonly #policies: Policies;
  readonly #network: NetworkPrograms;
  readonly #rings: Rings;
  #closed = false;

  private constructor(engine: Engine) {
    this.#engine = engine;
    this.#rings = new Rings(engine);
    this.#slots = new Slots(engine.object);
    this.#policies = new Policies(engine.object, engine.nameKeys);
    this.#network = new NetworkPrograms(engine.object);
    this.#attachments = new Attachments(engine);
  }

  /**
   * Loads the programs and attaches identity.
   * @throws PinfoldError BpfLoadFailed, BpfAttachFailed, AddonMissing, LsmUnavailable, PinsUnusable, EngineVersionPinned
   */
  static open(options: EngineOptions = {}): TracingSession {
    const engine = loadEngine(options);
    try {
      return new TracingSession(engine);
    } catch (error) {
      engine.object.close();
      throw error;
    }
  }

  /** Ends what is pinned there, enforcement included; returns the names of the programs that were attached. */
  static detachAll(directory: string): readonly string[] {
    return detachAll(directory);
  }

  /** Whether exec and files are judged in the kernel: the LSM programs are there for slots with a policy. */
  get lsm(): boolean {
    return this.#engine.lsm;
  }

  /** Why they are not, unless that was asked for. */
  get lsmShortfall(): PinfoldError | undefined {
    return this.#engine.lsmShortfall;
  }

  /** Pins of an earlier process were there: its slots, policies and members are still in force. */
  get takenOver(): boolean {
    return this.#engine.takenOver;
  }

  /** Names of the programs that are attached now, besides those at cgroups. */
  attached(): readonly string[] {
    return this.#attachments.attached();
  }

  /** Programs that this kernel has no tracepoint for. */
  missing(): readonly string[] {
    return this.#attachments.missing();
  }

  /** What the kernel holds: after a take-over, what the earlier process configured. */
  slots(): readonly HeldSlot[] {
    return this.#slots.held();
  }

  /** A slot nobody uses. Configure it before a cgroup is bound to it. @throws PinfoldError SlotsExhausted */
  allocateSlot(): number {
    return this.#slots.allocate();
  }

  /** Sets what the kernel does for the slot; takes effect at once. @throws PinfoldError PolicyUnknown */
  configureSlot(slot: number, cgroupId: bigint, configuration: SlotConfiguration): void {
    if (configuration.policy !== undefined) this.#policies.require(configuration.policy);
    this.#attachments.need(slot, needsOf(configuration));
    this.#slots.configure(slot, cgroupId, configuration);
  }

  /**
   * Puts compiled rules in force under a number from 1 to 1023, for every slot that names it; replacing is
   * atomic. Refusals carry this generation, and rules of it. @throws PinfoldError TooComplex
   */
  setPolicy(policy: number, compiled: CompiledPolicy, generation: number): void {
    this.#policies.set(policy, compiled, generation);
  }

  /** Gives the rules' memory back. @throws PinfoldError PolicyInUse while a slot names it */
  deletePolicy(policy: number): void {
    const user = this.slots().find((slot) => slot.policy === policy);
    if (user !== undefined) throw new PinfoldError('PolicyInUse', { policy, slot: user.slot });
    this.#policies.delete(policy);
  }

  /** From now on tasks that arrive in this cgroup (or are born below it) belong to the slot. */
  bindCgroup(slot: number, cgroupId: bigint): void {
    this.#slots.bind(slot, cgroupId);
  }

  /**
   * Attaches the network programs at a cgroup directory. `outlive`: they stay with the cgroup when
   * this process dies, and end with it.
   */
  attachNetwork(slot: number, directory: string, outlive: boolean): void {
    this.#network.attach(slot, directory, outlive);
  }

  /** Detaches what `attachNetwork` attached to end with this process. */
  detachNetworkLinks(slot: number): void {
    this.#network.detachLinks(slot);
  }

  /** Detaches there what this process attached to stay. */
  detachNetworkLasting(directory: string): void {
    const ours = this.#attachments.ownCgroupPrograms();
    detachNetworkPrograms(directory, ({ id }) => ours.has(id));
  }

  /** Detaches there what an earlier process left: after its successor was attached. */
  detachStale(directory: string): number {
    const ours = this.#attachments.ownCgroupPrograms();
    return detachNetworkPrograms(directory, ({ id }) => !ours.has(id));
  }

  /** What was seen of a slot is new again: after its rules changed, or when a recording begins. */
  forget(slot: number): void {
    this.#slots.forget(slot);
  }

  /**
   * Makes members of what runs already, this process aside: everything in bound cgroups, in those of one
   * slot, or a process and its descendants.
   */
  adopt(target?: { readonly pid?: number; readonly slot: number }): void {
    const { object } = this.#engine;
    const value = Buffer.alloc(SIZES.pf_adoption);
    value.writeUInt32LE(target?.pid ?? 0, LAYOUT.pf_adoption.tgid);
    value.writeUInt32LE(target?.slot ?? 0, LAYOUT.pf_adoption.slot);
    value.writeUInt32LE(process.pid, LAYOUT.pf_adoption.self);
    object.update('pf_adoption', u32(0), value);
    object.runIterator('pf_adopt');
  }

  /** Ends a slot: nothing of it is judged or recorded any more, and its number may be used again. */
  releaseSlot(slot: number): void {
    this.#network.detachLinks(slot);
    this.#slots.release(slot);
    this.#attachments.need(slot, []);
  }

  /** Calls back when events wait; does not keep the process alive. */
  onEvents(callback: () => void): void {
    this.#rings.watch(callback);
  }

  /**
   * Hands over every event that waits: telemetry, then violations. Violations are read out first, so
   * whatever they refer to (the exec of their program) has been handed over before them. Room in the
   * rings is given back after `take` returned, so what it makes of the events must be durable then.
   * `direct` is asked before telemetry is decoded, and sees no violations.
   */
  drain(take: (event: KernelEvent) => void, direct?: DirectTake): number {
    return this.#rings.drain(take, direct);
  }

  /**
   * Hands over the same as `drain`, as the bytes that `decodeEvents` takes; they are valid during the
   * call. Violations come first.
   */
  drainBytes(take: (bytes: Buffer, length: number) => void): void {
    this.#rings.drainBytes(take);
  }

  /** Exact counters since the maps were made, summed over CPUs. */
  counters(): EngineCounters {
    const { object } = this.#engine;
    return {
      ...readCounters(object.lookup('pf_counts', u32(0)) ?? Buffer.alloc(0)),
      misses: this.#attachments.misses(),
      failures: readFailures(object.entries('pf_failures')),
    };
  }

  /** What was seen before, with its counts. */
  seen(): readonly SeenEntry[] {
    return readSeen(this.#engine.object.entries('pf_seen'));
  }

  /** Numbers of the syscalls that a slot made, per ABI (0 native, 1 compat, 2 x32). */
  syscalls(slot: number): readonly (readonly number[])[] {
    return this.#slots.syscalls(slot);
  }

  /** Detaches and unloads everything. What was pinned, or attached to outlive the process, stays. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#rings.close();
    this.#engine.object.close();
  }
}
