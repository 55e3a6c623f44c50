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
  readonly #contents = new Map<number, string>();
  readonly #bySlot = new Map<number, number>();
  readonly #users = new Map<number, number>();

  /** `held`: the tables of an earlier process's slots. */
  constructor(
    object: NativeObject,
    held: Iterable<{ readonly slot: number; readonly network: number }>,
  ) {
    this.#object = object;
    for (const { slot, network } of held) this.#count(slot, network);
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
    this.#contents.set(number, content);
    return number;
  }

  /** The slot has these rules in the kernel now; those that no slot has any more go. */
  use(slot: number, number: number): void {
    const before = this.#bySlot.get(slot) ?? NONE;
    if (before === number) return;
    this.#count(slot, number);
    if (before === NONE) return;
    const left = (this.#users.get(before) ?? 0) - 1;
    if (left > 0) this.#users.set(before, left);
    else this.#remove(before);
  }

  #count(slot: number, number: number): void {
    if (number === NONE) {
      this.#bySlot.delete(slot);
      return;
    }
    this.#bySlot.set(slot, number);
    this.#users.set(number, (this.#users.get(number) ?? 0) + 1);
  }

  /** Returns when no program can be using it: its number may be given to other rules. */
  #remove(number: number): void {
    this.#users.delete(number);
    const content = this.#contents.get(number);
    this.#contents.delete(number);
    if (content !== undefined) this.#numbers.delete(content);
    this.#object.replaceInner('pf_network', u32(number), SIZES.pf_network_rule);
  }

  /** There are twice as many as slots: each has one, and one more while it changes. */
  #unused(): number {
    for (let number = 1; number < MAX_NETWORK_TABLES; number += 1)
      if (!this.#users.has(number) && !this.#contents.has(number)) return number;
    throw new PinfoldError('Internal', { problem: 'more network tables than slots' });
  }
}
