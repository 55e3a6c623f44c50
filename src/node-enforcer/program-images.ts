/** Which program a task runs: by the id that its events carry, known from the exec event of that id. */
import { readlinkSync } from 'node:fs';
import type { EventHeader } from '../bpf/events.js';

/** For tasks that ran before the slot did: their exec was not seen. Empty once the process is gone. */
const runningImage = (pid: number): string => {
  try {
    return readlinkSync(`/proc/${String(pid)}/exe`);
  } catch {
    return '';
  }
};

export class ProgramImages {
  readonly #paths = new Map<bigint, string>();
  #last: { readonly exe: bigint; readonly path: string } | undefined;

  /** Changes when an id begins to stand for another program: what was made of it before is void. */
  version = 0;

  /** From now on `exe` stands for the program at `path`. */
  set(exe: bigint, path: string): void {
    const before = this.#paths.get(exe);
    if (before === path) return;
    if (before !== undefined) this.version += 1;
    this.#paths.set(exe, path);
    this.#last = undefined;
  }

  has(exe: bigint): boolean {
    return this.#paths.has(exe);
  }

  /** Asked for every record, nearly always about the program of the one before. */
  pathOf({ exe, pid }: EventHeader): string {
    if (this.#last?.exe === exe) return this.#last.path;
    const path = this.#paths.get(exe);
    if (path === undefined) return runningImage(pid);
    this.#last = { exe, path };
    return path;
  }
}
