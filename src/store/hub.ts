/** Hands store events to every watcher. A slow one misses intermediate versions, never the last. */
import { keyOf, keyText } from './object-key.js';
import type { StoreEvent } from './store.js';

const subjectOf = (event: StoreEvent): string | undefined => {
  switch (event.kind) {
    case 'Applied':
      return keyText(keyOf(event.object));
    case 'Deleted':
      return keyText(event.key);
    case 'Rejected':
      return undefined;
  }
};

class Subscription {
  #waiting: StoreEvent[];
  #wake: (() => void) | undefined;
  #ended = false;

  readonly #left: (subscription: Subscription) => void;

  /** `left`: called when the consumer ends the iteration. */
  constructor(initial: readonly StoreEvent[], left: (subscription: Subscription) => void) {
    this.#waiting = [...initial];
    this.#left = left;
  }

  push(event: StoreEvent): void {
    const subject = subjectOf(event);
    if (event.kind === 'Applied') {
      this.#waiting = this.#waiting.filter(
        (other) => other.kind !== 'Applied' || subjectOf(other) !== subject,
      );
    }
    this.#waiting.push(event);
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async *events(): AsyncGenerator<StoreEvent, void, undefined> {
    try {
      while (!this.#ended) {
        const next = this.#waiting.shift();
        if (next) {
          yield next;
          continue;
        }
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = undefined;
      }
    } finally {
      this.#left(this);
    }
  }
}

export class Hub {
  readonly #subscriptions = new Set<Subscription>();

  publish(event: StoreEvent): void {
    for (const subscription of this.#subscriptions) subscription.push(event);
  }

  /** `initial`, then everything published from this call on, until the signal aborts. */
  subscribe(initial: readonly StoreEvent[], signal: AbortSignal): AsyncIterable<StoreEvent> {
    const subscription = new Subscription(initial, (left) => this.#subscriptions.delete(left));
    const stop = (): void => {
      this.#subscriptions.delete(subscription);
      subscription.end();
    };
    this.#subscriptions.add(subscription);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    return subscription.events();
  }

  /** Ends every watcher. */
  close(): void {
    for (const subscription of this.#subscriptions) subscription.end();
    this.#subscriptions.clear();
  }
}
