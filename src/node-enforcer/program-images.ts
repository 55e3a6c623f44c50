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

  /** From now on `exe` stands for the program at `path`. */
  set(exe: bigint, path: string): void {
    this.#paths.set(exe, path);
    this.#last = undefined;
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
