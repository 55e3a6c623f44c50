/** What the kernel holds of a container, read from the maps that the enforcer pinned. */
import { setTimeout as pause } from 'node:timers/promises';
import { u32 } from '../../../src/bpf/bytes.js';
import { LAYOUT } from '../../../src/bpf/layout.js';
import { mapPin, PinnedCgroups, PinnedMap } from '../../../src/bpf/pinned-map.js';

/** ms between looks; what is measured is late by that at most. */
const LOOK_MS = 1;

/** When a change came into force, ms of performance.now(). */
export interface InForce {
  /** Its network rules are those that the kernel judges by; where there is BPF LSM, its policy is so by then too. */
  readonly judging: number;
  /** No program can be using the rules before any more, and what is refused is reported under the new generation. */
  readonly settled: number;
}

export class KernelView {
  readonly #slots: PinnedMap;
  readonly #network: PinnedMap;
  readonly #slot: number;

  /** Throws where the container has no slot. */
  constructor(pins: string, cgroup: bigint) {
    const cgroups = new PinnedCgroups(pins);
    const slot = cgroups.slotOf(cgroup);
    cgroups.close();
    if (slot === undefined) throw new Error('the container has no slot');
    this.#slot = slot;
    this.#slots = new PinnedMap(mapPin(pins, 'pf_slots'));
    this.#network = new PinnedMap(mapPin(pins, 'pf_network'));
  }

  /** Waits for that generation. Call it before the change is made. */
  async inForce(generation: number, signal: AbortSignal): Promise<InForce> {
    const before = this.#rules();
    while (this.#rules() === before) await pause(LOOK_MS, undefined, { signal });
    const judging = performance.now();
    while (this.#generation() < generation) await pause(LOOK_MS, undefined, { signal });
    return { judging, settled: performance.now() };
  }

  close(): void {
    this.#slots.close();
    this.#network.close();
  }

  /** Id of the table of network rules: every change has another. */
  #rules(): number | undefined {
    return this.#network.lookup(u32(this.#slot))?.readUInt32LE();
  }

  /** Of the profile that the slot names. */
  #generation(): number {
    return this.#slots.lookup(u32(this.#slot))?.readUInt32LE(LAYOUT.pf_slot.generation) ?? 0;
  }
}
