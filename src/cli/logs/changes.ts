/** Wakes a reader of a file when it changes, is replaced, or appears. */
import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { dirname } from 'node:path';

/** Between looks that need no notification: a network file system sends none. */
const LOOK_AGAIN_MS = 1000;

/** A class because it owns a watch and a timer: `close` ends both. */
export class Changes {
  readonly #timer: NodeJS.Timeout;
  #watcher: FSWatcher | undefined;
  #isChanged = false;
  #wake: () => void = () => undefined;

  constructor(file: string, signal: AbortSignal) {
    const changed = (): void => {
      this.#isChanged = true;
      this.#wake();
    };
    this.#timer = setInterval(changed, LOOK_AGAIN_MS);
    signal.addEventListener('abort', changed, { once: true });
    try {
      // The directory: a watch on the file would stay with the one that was rotated away.
      this.#watcher = watch(dirname(file), changed);
      this.#watcher.on('error', () => {
        this.#watcher?.close(); // the timer goes on
      });
    } catch {
      this.#watcher = undefined; // no watch left on this machine: the timer does
    }
  }

  /** Resolves once something may have changed since the last call. */
  async next(): Promise<void> {
    if (!this.#isChanged)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    this.#isChanged = false;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#watcher?.close();
  }
}
