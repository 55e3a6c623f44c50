/** What the kernel holds of a container, read from the maps that the enforcer pinned. */
import { setTimeout as pause } from 'node:timers/promises';
import { u32 } from '../../../src/bpf/bytes.js';
import { LAYOUT } from '../../../src/bpf/layout.js';
import { mapPin, PinnedCgroups, PinnedMap } from '../../../src/bpf/pinned-map.js';

/** ms between looks; what is measured is late by that at most. */
const LOOK_MS = 1;

export class KernelView {
  readonly #slots: PinnedMap;
  readonly #slot: number;

  /** Throws where the container has no slot. */
  constructor(pins: string, cgroup: bigint) {
    const cgroups = new PinnedCgroups(pins);
    const slot = cgroups.slotOf(cgroup);
    cgroups.close();
    if (slot === undefined) throw new Error('the container has no slot');
    this.#slot = slot;
    this.#slots = new PinnedMap(mapPin(pins, 'pf_slots'));
  }

  /**
   * Waits until the kernel judges by that generation; when it did, in ms of performance.now(). One write leads the
   * slot to the rules and names their generation; where there is BPF LSM, its policy is swapped before.
   */
  async inForce(generation: number, signal: AbortSignal): Promise<number> {
    while (this.#generation() < generation) await pause(LOOK_MS, undefined, { signal });
    return performance.now();
  }

  close(): void {
    this.#slots.close();
  }

  /** Of the profile that the slot names. */
  #generation(): number {
    return this.#slots.lookup(u32(this.#slot))?.readUInt32LE(LAYOUT.pf_slot.generation) ?? 0;
  }
}
