/**
 * Notices cgroups of pods and containers below the kubelet's as they come and go: one watch for each slice and pod.
 * A directory is watched before it is read, so nothing that appears in between is missed.
 */
import { readdirSync, statSync, watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { join, relative } from 'node:path';
import { PinfoldError, hasErrno, reasonOf } from '../../errors.js';
import { nameOfCgroup } from './cgroup-name.js';

export interface ContainerWatchOptions {
  /** Where cgroup v2 is mounted. */
  readonly cgroupRoot: string;
  /** The kubelet's cgroup, absolute: see `findKubepods`. */
  readonly kubepods: string;
  /** A cgroup of a container, or one in a pod that is of no form known; `directory` is absolute. */
  readonly appeared: (directory: string) => void;
  readonly disappeared: (directory: string) => void;
  /** What appears in a directory is not seen any more: no watch was to be had, or the kubelet's own is gone. */
  readonly failed: (error: PinfoldError) => void;
}

interface Watched {
  readonly watcher: FSWatcher;
  /** Of the directory that is watched: another may have taken its name. */
  readonly inode: bigint;
  /** Inode by name: a cgroup that was removed and made again is another one. */
  readonly entries: Map<string, bigint>;
}

/** cgroupfs says ENODEV of a directory that is open and was removed. */
const isGone = (cause: unknown): boolean => hasErrno(cause, 'ENOENT', 'ENODEV');

const inodeOf = (directory: string): bigint => statSync(directory, { bigint: true }).ino;

/** The inodes of what is in a directory, by name. */
const directoriesIn = (directory: string): ReadonlyMap<string, bigint> =>
  new Map(
    readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap(({ name }) => {
        const found = statSync(join(directory, name), { bigint: true, throwIfNoEntry: false });
        return found === undefined ? [] : [[name, found.ino] as const];
      }),
  );

export class ContainerWatch {
  readonly #options: ContainerWatchOptions;
  readonly #watched = new Map<string, Watched>();

  /** Tells of what is there already before it returns, and of a kubelet's cgroup that is not there by `failed`. */
  constructor(options: ContainerWatchOptions) {
    this.#options = options;
    this.#watch(options.kubepods);
  }

  close(): void {
    for (const { watcher } of this.#watched.values()) watcher.close();
    this.#watched.clear();
  }

  /** Slices and pods have containers below them; what is within a container inherits and is not looked at. */
  #isParent(directory: string): boolean {
    const { kind } = nameOfCgroup(relative(this.#options.cgroupRoot, directory));
    return kind === 'Pod' || kind === 'Other';
  }

  #isOfInterest(directory: string): boolean {
    const { kind } = nameOfCgroup(relative(this.#options.cgroupRoot, directory));
    return kind === 'Container' || kind === 'Unknown';
  }

  #watch(directory: string): void {
    if (this.#watched.has(directory)) return;
    try {
      const inode = inodeOf(directory);
      const watcher = watch(directory, () => {
        this.#read(directory);
      });
      watcher.on('error', (cause) => {
        this.#lose(directory, cause);
      });
      this.#watched.set(directory, { watcher, inode, entries: new Map() });
    } catch (cause) {
      this.#lose(directory, cause);
      return;
    }
    this.#read(directory);
  }

  /** One that is gone needs no watch, but the kubelet's own; whatever else ends one has to be known. */
  #lose(directory: string, cause: unknown): void {
    this.#forget(directory);
    if (isGone(cause) && directory !== this.#options.kubepods) return;
    const fields = { directory, problem: reasonOf(cause) };
    this.#options.failed(new PinfoldError('CgroupNotFound', fields, { cause }));
  }

  #read(directory: string): void {
    const watched = this.#watched.get(directory);
    if (watched === undefined) return;
    let now: ReadonlyMap<string, bigint>;
    try {
      now = directoriesIn(directory);
      // Another of its name is the parent's to tell; looked at last, so that what was read is of the one watched.
      if (inodeOf(directory) !== watched.inode) now = new Map();
    } catch (cause) {
      this.#lose(directory, cause);
      return;
    }
    for (const [name, inode] of watched.entries)
      if (now.get(name) !== inode) this.#gone(directory, name);
    for (const [name, inode] of now)
      if (!watched.entries.has(name)) {
        watched.entries.set(name, inode);
        this.#came(join(directory, name));
      }
  }

  #came(directory: string): void {
    if (this.#isParent(directory)) this.#watch(directory);
    else if (this.#isOfInterest(directory)) this.#options.appeared(directory);
  }

  #gone(parent: string, name: string): void {
    const directory = join(parent, name);
    this.#watched.get(parent)?.entries.delete(name);
    this.#forget(directory);
    if (this.#isOfInterest(directory)) this.#options.disappeared(directory);
  }

  #forget(directory: string): void {
    const watched = this.#watched.get(directory);
    if (watched === undefined) return;
    this.#watched.delete(directory);
    watched.watcher.close();
    for (const name of watched.entries.keys()) {
      const child = join(directory, name);
      this.#forget(child);
      if (this.#isOfInterest(child)) this.#options.disappeared(child);
    }
  }
}
