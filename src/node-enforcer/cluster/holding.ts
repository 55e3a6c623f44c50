/**
 * Keeps containers of namespaces on Hold from running while nobody can say what holds for them: their cgroup is
 * frozen (cgroup.freeze), before the program starts where it is found in time. ADR 0026.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PinfoldError, hasErrno, reasonOf } from '../../errors.js';
import { replaceFile } from '../../store/replace-file.js';

/** Directories of cgroups, from the file that a process before this one left; none if there is none. */
const leftIn = (file: string): readonly string[] => {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
  } catch {
    return [];
  }
};

/** False: it is gone. @throws PinfoldError CgroupFailed */
const setFrozen = (directory: string, frozen: boolean): boolean => {
  try {
    writeFileSync(join(directory, 'cgroup.freeze'), frozen ? '1' : '0', { flag: 'r+' });
    return true;
  } catch (cause) {
    if (hasErrno(cause, 'ENOENT', 'ENODEV')) return false;
    throw new PinfoldError('CgroupFailed', { directory, problem: reasonOf(cause) }, { cause });
  }
};

export interface HoldingOptions {
  /** Remembers what is held, in case this process dies. */
  readonly file: string;
  /** How long it is held at most. */
  readonly seconds: number;
  /** Hears what could not be let go, or written down. */
  readonly onProblem: (error: PinfoldError) => void;
}

export class Holding {
  readonly #options: HoldingOptions;
  readonly #held = new Map<string, NodeJS.Timeout>();

  /** Lets go of what an earlier process held. */
  constructor(options: HoldingOptions) {
    this.#options = options;
    const left = leftIn(options.file);
    for (const directory of left) this.#thaw(directory);
    if (left.length > 0) this.#remember();
  }

  get seconds(): number {
    return this.#options.seconds;
  }

  /** Until `release`, or the time is over: then `expired` hears of it. @throws PinfoldError CgroupFailed */
  hold(directory: string, expired: () => void): void {
    if (this.#held.has(directory)) return;
    const timer = setTimeout(() => {
      this.release(directory);
      expired();
    }, this.#options.seconds * 1000);
    this.#held.set(directory, timer);
    this.#remember();
    if (!setFrozen(directory, true)) this.release(directory);
  }

  has(directory: string): boolean {
    return this.#held.has(directory);
  }

  release(directory: string): void {
    const timer = this.#held.get(directory);
    if (timer === undefined) return;
    clearTimeout(timer);
    this.#thaw(directory);
    this.#held.delete(directory);
    this.#remember();
  }

  releaseAll(): void {
    for (const directory of [...this.#held.keys()]) this.release(directory);
  }

  #thaw(directory: string): void {
    try {
      setFrozen(directory, false);
    } catch (error) {
      if (!(error instanceof PinfoldError)) throw error;
      this.#options.onProblem(error);
    }
  }

  #remember(): void {
    const { file, onProblem } = this.#options;
    try {
      replaceFile(file, `${JSON.stringify([...this.#held.keys()])}\n`);
    } catch (error) {
      if (!(error instanceof PinfoldError)) throw error;
      onProblem(error);
    }
  }
}
