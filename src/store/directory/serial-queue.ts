/** Runs asynchronous tasks one after another, in the order they were given. */
export class SerialQueue {
  #tail: Promise<unknown> = Promise.resolve();

  /** The result of `task`, which starts when every earlier one has ended. */
  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(task);
    // A failed task must not stop later ones; its caller gets the error through `result`.
    this.#tail = result.catch(() => undefined);
    return result;
  }
}
