/** When each thing that was waited for first came true, on the clock of this process. */

const DEADLINE_MS = 120_000;

export class Moments {
  readonly #at = new Map<string, number>();
  readonly #waiting = new Map<string, (at: number) => void>();

  /** It is so now, if it was not before. ms of performance.now(). */
  note(what: string): void {
    if (this.#at.has(what)) return;
    const at = performance.now();
    this.#at.set(what, at);
    this.#waiting.get(what)?.(at);
    this.#waiting.delete(what);
  }

  /** When it came true. @throws where it does not in time, or the signal aborts */
  async of(what: string, signal: AbortSignal, ms = DEADLINE_MS): Promise<number> {
    const known = this.#at.get(what);
    if (known !== undefined) return known;
    const late = AbortSignal.any([signal, AbortSignal.timeout(ms)]);
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        this.#waiting.delete(what);
        reject(new Error(`${what}: did not come true`, { cause: late.reason }));
      };
      late.addEventListener('abort', giveUp, { once: true });
      this.#waiting.set(what, (at) => {
        late.removeEventListener('abort', giveUp);
        resolve(at);
      });
    });
  }
}
