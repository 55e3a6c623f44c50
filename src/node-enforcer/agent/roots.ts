/** Where the root of a process is seen from here, also shortly after it ended. */
import { existsSync } from 'node:fs';
import { cgroupTree, processesIn } from '../cgroups.js';

/** Processes that are remembered; the oldest are forgotten first. */
const REMEMBERED = 4096;

const rootOfProcess = (pid: number): string | undefined => {
  const root = `/proc/${String(pid)}/root`;
  return existsSync(`${root}/`) ? root : undefined;
};

const rootIn = (directory: string): string | undefined => {
  try {
    for (const each of cgroupTree(directory))
      for (const pid of processesIn(each)) {
        const root = rootOfProcess(pid);
        if (root !== undefined) return root;
      }
  } catch {
    // The cgroup was removed meanwhile: nothing of the container is left to look at.
  }
  return undefined;
};

export class Roots {
  readonly #directoryOf: (slot: number) => string | undefined;
  readonly #slots = new Map<number, number>();

  /** `directoryOf`: the cgroup of a slot, as a directory. */
  constructor(directoryOf: (slot: number) => string | undefined) {
    this.#directoryOf = directoryOf;
  }

  /** The process was seen in that slot. */
  note(pid: number, slot: number): void {
    if (this.#slots.get(pid) === slot) return;
    this.#slots.delete(pid);
    this.#slots.set(pid, slot);
    if (this.#slots.size <= REMEMBERED) return;
    for (const oldest of this.#slots.keys()) {
      this.#slots.delete(oldest);
      return;
    }
  }

  /** Its own root, or that of another process of its workload; undefined: nothing of it is left. */
  of(pid: number): string | undefined {
    const own = rootOfProcess(pid);
    if (own !== undefined) return own;
    const slot = this.#slots.get(pid);
    const directory = slot === undefined ? undefined : this.#directoryOf(slot);
    return directory === undefined ? undefined : rootIn(directory);
  }
}
