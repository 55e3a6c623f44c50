/**
 * A keyed work queue: a key is worked on by one worker at a time, a key that is added while it waits
 * or is worked on is done once more, and one that fails is tried again later and later.
 */
import { delayAfter } from './backoff.js';
import type { Backoff } from './backoff.js';
import type { Outcome } from './reconcile.js';
import { TerminalError } from './reconcile.js';
import { retryAfterMsOf } from './status-error.js';

/** Time, for tests to hold. */
export interface Clock {
  /** Calls back after `ms`; the result takes the call back. */
  readonly after: (ms: number, callback: () => void) => () => void;
}

export const realClock: Clock = {
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => {
      clearTimeout(timer);
    };
  },
};

export interface QueueOptions {
  /** Works on one key. Its outcome or its throw decides what comes next. */
  readonly work: (key: string, signal: AbortSignal) => Promise<Outcome>;
  readonly workers: number;
  /** Hears of every failure; `retryMs` is absent where there is no retry. */
  readonly onFailure: (key: string, error: unknown, retryMs: number | undefined) => void;
  readonly clock?: Clock;
  /** Delays of a key that fails again and again; 100 ms to 60 s. */
  readonly backoff?: Backoff;
  /** Numbers in [0, 1): keys that failed together are not tried again together. */
  readonly random?: () => number;
}

export class WorkQueue {
  readonly #options: Required<QueueOptions>;
  readonly #stop = new AbortController();
  readonly #waiting = new Set<string>();
  readonly #active = new Set<string>();
  /** Added while they were worked on. */
  readonly #again = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #delayed = new Map<string, () => void>();
  readonly #idle = new Set<() => void>();

  constructor(options: QueueOptions) {
    this.#options = {
      clock: realClock,
      backoff: { firstMs: 100, longestMs: 60_000 },
      random: Math.random,
      ...options,
    };
  }

  /** Has the key worked on as soon as a worker is free. */
  add(key: string): void {
    if (this.#stop.signal.aborted) return;
    this.#delayed.get(key)?.();
    this.#delayed.delete(key);
    if (this.#active.has(key)) this.#again.add(key);
    else this.#waiting.add(key);
    this.#start();
  }

  /** As `add`, after `ms`, unless it is added before. */
  addAfter(key: string, ms: number): void {
    if (this.#stop.signal.aborted || this.#waiting.has(key)) return;
    this.#delayed.get(key)?.();
    const take = this.#options.clock.after(ms, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, take);
  }

  /** Resolves when nothing waits and nothing is worked on; delayed keys do not count. */
  idle(): Promise<void> {
    if (this.#waiting.size + this.#active.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.add(resolve));
  }

  /** Takes nothing more, tells workers through their signal, and resolves when they ended. */
  async close(): Promise<void> {
    this.#stop.abort();
    for (const take of this.#delayed.values()) take();
    this.#delayed.clear();
    this.#waiting.clear();
    this.#again.clear();
    await this.idle();
  }

  #start(): void {
    for (const key of this.#waiting) {
      if (this.#active.size >= this.#options.workers) return;
      this.#waiting.delete(key);
      this.#active.add(key);
      void this.#run(key);
    }
  }

  /** Never rejects: what the work throws is told to `onFailure`. */
  async #run(key: string): Promise<void> {
    try {
      const outcome = await this.#options.work(key, this.#stop.signal);
      this.#failures.delete(key);
      if (outcome !== undefined) this.addAfter(key, outcome.requeueAfterMs);
    } catch (error) {
      this.#failed(key, error);
    }
    this.#active.delete(key);
    if (this.#again.delete(key)) this.add(key);
    this.#start();
    if (this.#waiting.size + this.#active.size > 0) return;
    for (const resolve of this.#idle) resolve();
    this.#idle.clear();
  }

  #failed(key: string, error: unknown): void {
    if (this.#stop.signal.aborted) {
      this.#options.onFailure(key, error, undefined);
      return;
    }
    if (error instanceof TerminalError) {
      this.#failures.delete(key);
      this.#options.onFailure(key, error.cause, undefined);
      return;
    }
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    const { backoff, random } = this.#options;
    const retryMs = delayAfter(failures, backoff, random(), retryAfterMsOf(error));
    this.#options.onFailure(key, error, retryMs);
    this.addAfter(key, retryMs);
  }
}
