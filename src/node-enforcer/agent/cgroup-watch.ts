/** Notices that cgroups appear and disappear, by watching the nearest directory that is there. */
import { existsSync, watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { dirname } from 'node:path';

/** The directory whose entries tell when `path` comes or goes; `root` ends the search. */
export const watchPoint = (
  path: string,
  root: string,
  exists: (directory: string) => boolean,
): string => {
  let directory = dirname(path);
  while (directory.length > root.length && !exists(directory)) directory = dirname(directory);
  return directory.length < root.length ? root : directory;
};

export class CgroupWatch {
  readonly #root: string;
  readonly #changed: () => void;
  readonly #watchers = new Map<string, FSWatcher>();

  /** `root`: where the hierarchy is mounted. */
  constructor(root: string, changed: () => void) {
    this.#root = root;
    this.#changed = changed;
  }

  /** Watches for these directories from now on, and no others. */
  follow(directories: readonly string[]): void {
    const wanted = new Set(directories.map((path) => watchPoint(path, this.#root, existsSync)));
    for (const [directory, watcher] of this.#watchers) {
      if (wanted.has(directory) && existsSync(directory)) continue;
      watcher.close();
      this.#watchers.delete(directory);
    }
    for (const directory of wanted) if (!this.#watchers.has(directory)) this.#watch(directory);
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #watch(directory: string): void {
    try {
      const watcher = watch(directory, this.#changed);
      watcher.on('error', () => {
        watcher.close();
        this.#watchers.delete(directory);
      });
      this.#watchers.set(directory, watcher);
    } catch {
      this.#watchers.delete(directory); // gone meanwhile, or out of watches: the rescan goes on
    }
  }
}
