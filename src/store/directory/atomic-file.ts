/** Files that are there whole or not at all, also after kill -9 or a power cut. */
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PinfoldError, hasErrno, reasonOf } from '../../errors.js';

/** Ending of a file that is being written; one that is found at start was left by a crash. */
const UNFINISHED = '.tmp';

const syncDirectory = async (directory: string): Promise<void> => {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** Replaces a file by `text`. Throws OutputFailed; then the old content is still there. */
export const writeAtomic = async (file: string, text: string): Promise<void> => {
  const unfinished = `${file}${UNFINISHED}`;
  try {
    await mkdir(dirname(file), { recursive: true });
    const handle = await open(unfinished, 'w', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(unfinished, file);
    await syncDirectory(dirname(file));
  } catch (cause) {
    await rm(unfinished, { force: true });
    throw new PinfoldError('OutputFailed', { file, problem: reasonOf(cause) }, { cause });
  }
};

/** Removes a file; one that is not there is no error. Throws OutputFailed. */
export const removeFile = async (file: string): Promise<void> => {
  try {
    await rm(file, { force: true });
  } catch (cause) {
    throw new PinfoldError('OutputFailed', { file, problem: reasonOf(cause) }, { cause });
  }
};

/** All files below a directory, sorted; none where it does not exist. */
export const filesBelow = async (directory: string): Promise<readonly string[]> => {
  try {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return [];
    throw error;
  }
};

/** Removes what a crash left half-written below a directory. */
export const removeUnfinished = async (directory: string): Promise<void> => {
  const files = await filesBelow(directory);
  await Promise.all(files.filter((file) => file.endsWith(UNFINISHED)).map(removeFile));
};
