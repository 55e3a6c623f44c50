/** Files that the user names. */
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { MAX_FILE_BYTES } from '../api/text.js';
import { PinfoldError, reasonOf } from '../errors.js';
import type { CommandContext } from './context.js';

/** How messages call standard input. */
const STDIN = 'standard input';

export interface Input {
  /** As the user named it: for messages. */
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** Without the system's prefix and suffix: `ENOENT: no such file or directory, open 'x'`. */
const shortReason = (thrown: unknown): string =>
  reasonOf(thrown).replace(/^[A-Z0-9]+: (.*?), \w+(?: '.*')?$/s, '$1');

/** FileUnreadable for what the file system answered. */
export const unreadable = (file: string, cause: unknown): PinfoldError =>
  new PinfoldError('FileUnreadable', { file, problem: shortReason(cause) }, { cause });

/** At most one byte above what is accepted, so that a huge or endless file fills no memory. */
const readBounded = async (path: string): Promise<Uint8Array> => {
  const handle = await open(path, 'r');
  try {
    const chunks: Buffer[] = [];
    let size = 0;
    while (size <= MAX_FILE_BYTES) {
      const { bytesRead, buffer } = await handle.read({ buffer: Buffer.alloc(256 * 1024) });
      if (bytesRead === 0) break;
      chunks.push(buffer.subarray(0, bytesRead));
      size += bytesRead;
    }
    return Buffer.concat(chunks);
  } finally {
    await handle.close();
  }
};

/**
 * One file, or standard input for `-`. Throws FileUnreadable or FileTooLarge (then the size that is
 * named is that of the file, where it has one).
 */
export const readInput = async (context: CommandContext, file: string): Promise<Input> => {
  if (file === '-') return { file: STDIN, bytes: await context.readStdin() };
  const path = resolve(context.cwd, file);
  try {
    return { file, bytes: await readBounded(path) };
  } catch (thrown) {
    throw unreadable(file, thrown);
  }
};
