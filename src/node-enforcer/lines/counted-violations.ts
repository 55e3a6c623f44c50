/** Violations by the key of their event: to report how often the kernel counted them. */
import { LAYOUT, SIZES } from '../../bpf/layout.js';
import type { SeenEntry } from '../../bpf/seen.js';
import { KeptEvents } from './kept-events.js';

/** As many as the kernel counts (PF_MAX_SEEN): what is kept beyond that has no count. */
const COUNTED_AT_MOST = 65_536;

const keyAt = (view: DataView, at: number): string => {
  const from = view.byteOffset + at + LAYOUT.pf_event.key;
  return Buffer.from(view.buffer, from, SIZES.pf_seen_key).toString('latin1');
};

export class CountedViolations<Violation> {
  readonly #violationOf: (bytes: Buffer, at: number) => Violation | undefined;
  #violations = new Map<string, Violation>();
  #events = new KeptEvents();
  /** Of those that were repeated: how many operations are in records. */
  readonly #reported = new Map<string, number>();

  /** `violationOf`: what an event that was kept as bytes stands for. */
  constructor(violationOf: (bytes: Buffer, at: number) => Violation | undefined) {
    this.#violationOf = violationOf;
  }

  keep(key: string, violation: Violation): void {
    if (key === '') return;
    this.#violations.set(key, violation);
    this.#reported.delete(key);
  }

  /** Keeps the event itself, where nobody needs the violation yet. */
  keepEvent(view: DataView, at: number): void {
    if (this.#events.keep(view, at)) this.#reported.delete(keyAt(view, at));
  }

  /** The violation of an entry and how many were counted since the last call, if any were. */
  more({
    key,
    count,
  }: SeenEntry): { readonly violation: Violation; readonly more: number } | undefined {
    const reported = this.#reported.get(key) ?? 1;
    if (count <= reported) return undefined;
    const violation = this.#violations.get(key) ?? this.#kept(key);
    if (violation === undefined) return undefined;
    this.#reported.set(key, count);
    return { violation, more: count - reported };
  }

  /** Forgets what the kernel does not count, once it is much: a flood must not fill the memory. */
  retain(entries: readonly SeenEntry[]): void {
    if (this.#violations.size + this.#events.size <= COUNTED_AT_MOST) return;
    const violations = new Map<string, Violation>();
    const events = new KeptEvents();
    for (const { key } of entries) {
      const violation = this.#violations.get(key);
      const kept = this.#events.find(key);
      if (violation !== undefined) violations.set(key, violation);
      else if (kept !== undefined) events.keep(kept.view, kept.at);
    }
    this.#violations = violations;
    this.#events = events;
  }

  #kept(key: string): Violation | undefined {
    const kept = this.#events.find(key);
    return kept && this.#violationOf(Buffer.from(kept.view.buffer), kept.at);
  }
}
