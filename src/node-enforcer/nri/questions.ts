/** What the plugin's thread asks the main thread, each with a deadline. */
import { PinfoldError } from '../../errors.js';

/** More than the runtime can have calls waiting; beyond it the main thread is not answering at all. */
const OPEN_AT_MOST = 256;

interface Open {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: PinfoldError) => void;
  readonly timer: NodeJS.Timeout;
}

const noAnswer = (problem: string): PinfoldError => new PinfoldError('NriNoAnswer', { problem });

export class Questions {
  readonly #post: (id: number, question: unknown) => void;
  readonly #open = new Map<number, Open>();
  #lastId = 0;

  constructor(post: (id: number, question: unknown) => void) {
    this.#post = post;
  }

  /** @throws PinfoldError NriNoAnswer */
  ask(question: unknown, deadlineMs: number): Promise<unknown> {
    if (this.#open.size >= OPEN_AT_MOST)
      return Promise.reject(noAnswer(`${String(OPEN_AT_MOST)} questions are open`));
    const id = (this.#lastId += 1);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#open.delete(id);
        reject(noAnswer(`none within ${String(deadlineMs)} ms`));
      }, deadlineMs);
      this.#open.set(id, { resolve, reject, timer });
      this.#post(id, question);
    });
  }

  /** What comes after the deadline is dropped. */
  answer(id: number, answer: unknown): void {
    this.#close(id)?.resolve(answer);
  }

  fail(id: number, problem: string): void {
    this.#close(id)?.reject(noAnswer(problem));
  }

  #close(id: number): Open | undefined {
    const open = this.#open.get(id);
    this.#open.delete(id);
    clearTimeout(open?.timer);
    return open;
  }
}
