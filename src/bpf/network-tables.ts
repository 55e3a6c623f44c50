/**
 * Network rules in the kernel: one table for equal rules, shared by all slots that have them, so that a container
 * under known rules starts without a write that waits for running programs.
 */
import { PinfoldError } from '../errors.js';
import type { NativeObject } from './addon.js';
import { u32 } from './bytes.js';
import { MAX_NETWORK_TABLES, SIZES } from './layout.js';
import { encodeNetworkRules } from './network-rules.js';
import type { NetworkTable } from './network-rules.js';

/** Number of a slot that has no network rules. */
const NONE = 0;

export class NetworkTables {
  readonly #object: NativeObject;
  /** Number of the table by what it says; those of an earlier process are not in it. */
  readonly #numbers = new Map<string, number>();
  readonly #bySlot: Map<number, number>;

  /** `held`: the tables of an earlier process's slots. */
  constructor(
    object: NativeObject,
    held: readonly { readonly slot: number; readonly network: number }[],
  ) {
    this.#object = object;
    this.#bySlot = new Map(held.map(({ slot, network }) => [slot, network]));
  }

  /**
   * The number under which these rules are in the kernel, 0 for none. They go with the last slot that `use`d them.
   * @throws PinfoldError TooManyNetworkRules
   */
  numberOf(table: NetworkTable | undefined): number {
    if (table === undefined) return NONE;
    const bytes = encodeNetworkRules(table);
    const content = bytes.toString('latin1');
    const known = this.#numbers.get(content);
    if (known !== undefined) return known;
    const number = this.#unused();
    this.#object.replaceInner('pf_network', u32(number), SIZES.pf_network_rule, bytes);
    this.#numbers.set(content, number);
    return number;
  }

  /** The slot has these rules in the kernel now; those that no slot has any more go. */
  use(slot: number, number: number): void {
    const before = this.#bySlot.get(slot) ?? NONE;
    this.#bySlot.set(slot, number);
    if (before !== NONE && ![...this.#bySlot.values()].includes(before)) this.#remove(before);
  }

  /** Returns when no program can be using it: its number may be given to other rules. */
  #remove(number: number): void {
    for (const [content, each] of this.#numbers) if (each === number) this.#numbers.delete(content);
    this.#object.replaceInner('pf_network', u32(number), SIZES.pf_network_rule);
  }

  /** There are twice as many as slots: each has one, and one more while it changes. */
  #unused(): number {
    const taken = new Set([...this.#bySlot.values(), ...this.#numbers.values()]);
    for (let number = 1; number < MAX_NETWORK_TABLES; number += 1)
      if (!taken.has(number)) return number;
    throw new PinfoldError('Internal', { problem: 'more network tables than slots' });
  }
}
