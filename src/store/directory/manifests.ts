/** The user's files: read, parsed when their content changed, and watched. */
import { createHash } from 'node:crypto';
import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseObjects } from '../../api/parse.js';
import { MAX_FILE_BYTES } from '../../api/text.js';
import { PinfoldError, hasErrno, reasonOf } from '../../errors.js';
import type { ManifestFile } from './decide.js';

/** Hidden files are editors' own. */
const isManifest = (name: string): boolean => /^[^.].*\.(?:ya?ml|json)$/.test(name);

const hashOf = (bytes: Uint8Array | string): string =>
  createHash('sha256').update(bytes).digest('hex');

const brokenBy = (error: PinfoldError, hash: string): ManifestFile => ({
  kind: 'Broken',
  hash,
  error,
});

const parsed = (bytes: Buffer, file: string, hash: string): ManifestFile => {
  try {
    const objects = parseObjects(bytes, file).map(({ object }) => object);
    return { kind: 'Good', hash, objects };
  } catch (error) {
    if (error instanceof PinfoldError) return brokenBy(error, hash);
    throw error;
  }
};

const unreadable = (file: string, cause: unknown): PinfoldError =>
  new PinfoldError('FileUnreadable', { file, problem: reasonOf(cause) }, { cause });

/** One file; `undefined` where it vanished meanwhile. Parsed only where its content is new. */
const readManifest = async (
  file: string,
  known: ManifestFile | undefined,
): Promise<ManifestFile | undefined> => {
  try {
    const { size } = await stat(file);
    if (size > MAX_FILE_BYTES) {
      const fields = { file, bytes: size, limit: MAX_FILE_BYTES };
      return brokenBy(new PinfoldError('FileTooLarge', fields), `size ${size}`);
    }
    const bytes = await readFile(file);
    const hash = hashOf(bytes);
    return known?.hash === hash ? known : parsed(bytes, file, hash);
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return undefined;
    const problem = unreadable(file, error);
    return brokenBy(problem, hashOf(problem.message));
  }
};

/**
 * All manifests of a directory (not below it), by path. Throws FileUnreadable where the directory
 * itself cannot be read: that says nothing about the objects in it.
 */
export const readManifests = async (
  directory: string,
  known: ReadonlyMap<string, ManifestFile>,
): Promise<ReadonlyMap<string, ManifestFile>> => {
  const names = await readdir(directory).catch((cause: unknown) => {
    throw unreadable(directory, cause);
  });
  const files = new Map<string, ManifestFile>();
  for (const name of names.filter(isManifest).sort()) {
    const file = join(directory, name);
    const read = await readManifest(file, known.get(file));
    if (read) files.set(file, read);
  }
  return files;
};

export interface WatchTimes {
  /** ms without a further change before files are read: an editor writes several times. */
  readonly settleMs: number;
  /** ms between looks that need no notification: the directory may be replaced, or be on a network. */
  readonly rescanMs: number;
}

/** Calls `changed` after changes in a directory, and now and then; class because it owns a watch. */
export class DirectoryWatch {
  readonly #directory: string;
  readonly #times: WatchTimes;
  readonly #changed: () => void;
  readonly #rescan: NodeJS.Timeout;
  #watcher: FSWatcher | undefined;
  #settling: NodeJS.Timeout | undefined;
  #inode: bigint | undefined;

  constructor(directory: string, times: WatchTimes, changed: () => void) {
    this.#directory = directory;
    this.#times = times;
    this.#changed = changed;
    this.#rescan = setInterval(changed, times.rescanMs).unref();
  }

  /** Watches the directory that is there now: called before each look, as it may be another one. */
  async renew(): Promise<void> {
    const inode = await stat(this.#directory, { bigint: true }).then(
      ({ ino }) => ino,
      () => undefined, // not there: the look that follows says so
    );
    if (inode === this.#inode && this.#watcher) return;
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#inode = inode;
    if (inode === undefined) return;
    try {
      const watcher = watch(this.#directory, () => {
        this.#settle();
      });
      // The directory was removed, or the machine is out of watches: the rescan goes on.
      watcher.on('error', () => {
        watcher.close();
        this.#watcher = undefined;
      });
      this.#watcher = watcher;
    } catch {
      this.#inode = undefined; // ENOSPC: no watch left on this machine; tried again at each look
    }
  }

  #settle(): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(this.#changed, this.#times.settleMs);
  }

  close(): void {
    clearInterval(this.#rescan);
    clearTimeout(this.#settling);
    this.#watcher?.close();
  }
}
