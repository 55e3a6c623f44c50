/** What the engine lost, as audit records. */
import { instantOf } from '../audit/record.js';
import type { LossRecord } from '../audit/record.js';
import type { EngineCounters } from '../bpf/counters.js';

export class Losses {
  readonly #node: string;
  #total = 0n;

  constructor(node: string) {
    this.#node = node;
  }

  /** Events lost since the engine was loaded. */
  get total(): number {
    return Number(this.#total);
  }

  /** A record of what was lost since the last call, if anything was. `now` in ms since the epoch. */
  since(counters: EngineCounters, now: number): LossRecord | undefined {
    const classes = [
      ...Object.entries(counters.lost),
      ...Object.entries(counters.misses).map(([name, n]) => [`skipped ${name}`, n] as const),
      ['tasks', counters.noStorage] as const,
    ].filter(([, count]) => count > 0n);
    const total = classes.reduce((sum, [, count]) => sum + count, 0n);
    if (total <= this.#total) return undefined;
    const lost = Number(total - this.#total);
    this.#total = total;
    const soFar = classes.map(([name, count]) => `${name} ${String(count)}`).join(', ');
    return {
      kind: 'loss',
      time: instantOf(now),
      node: this.#node,
      where: 'Kernel',
      lost,
      detail: `so far: ${soFar}`,
    };
  }
}
