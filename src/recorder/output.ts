/** Writing a result as a whole or not at all. */
import { randomBytes } from 'node:crypto';
import { open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { PinfoldError, hasErrno, reasonOf } from '../errors.js';

const DEFAULT_MODE = 0o644;

/** The file meant: what a symbolic link leads to, or the path itself where nothing is there yet. */
const targetOf = async (file: string): Promise<string> => {
  try {
    return await realpath(file);
  } catch (thrown) {
    if (hasErrno(thrown, 'ENOENT')) return file;
    throw thrown;
  }
};

const syncDirectory = async (directory: string): Promise<void> => {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

const replace = async (target: string, text: string, mode: number): Promise<void> => {
  const directory = dirname(target);
  const temporary = join(directory, `.${basename(target)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    const handle = await open(temporary, 'wx', mode);
    try {
      await handle.writeFile(text);
      await handle.chmod(mode);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, target);
  } catch (thrown) {
    await rm(temporary, { force: true });
    throw thrown;
  }
  await syncDirectory(directory);
};

/**
 * Writes `text` to `file`: a reader sees the old content or the new, never a part, and what was
 * written survives a crash. A symbolic link is followed, the mode of an existing file kept; a pipe
 * or device is written to directly. Throws `OutputFailed`; then nothing is left behind.
 */
export const writeAtomically = async (file: string, text: string): Promise<void> => {
  try {
    const target = await targetOf(file);
    const present = await stat(target).catch((thrown: unknown) => {
      if (hasErrno(thrown, 'ENOENT')) return undefined;
      throw thrown;
    });
    if (present !== undefined && !present.isFile() && !present.isDirectory())
      await writeFile(target, text);
    else await replace(target, text, present === undefined ? DEFAULT_MODE : present.mode & 0o777);
  } catch (thrown) {
    throw new PinfoldError('OutputFailed', { file, problem: reasonOf(thrown) }, { cause: thrown });
  }
};
