/** The lines of a log file, once or for as long as it grows. */
import { open, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { Changes } from './changes.js';
import { LineSplitter } from './line-splitter.js';
import { hasErrno } from '../../errors.js';

export interface LogLine {
  readonly text: string;
  /** From 1, in the file that it was read from. */
  readonly line: number;
}

const CHUNK_BYTES = 64 * 1024;

/** One open file, read onwards from where the last read ended. */
class LogReader {
  readonly #handle: FileHandle;
  readonly #inode: bigint;
  #splitter = new LineSplitter();
  #position = 0;
  #line = 0;

  private constructor(handle: FileHandle, inode: bigint) {
    this.#handle = handle;
    this.#inode = inode;
  }

  static async open(path: string): Promise<LogReader> {
    const handle = await open(path, 'r');
    try {
      return new LogReader(handle, (await handle.stat({ bigint: true })).ino);
    } catch (thrown) {
      await handle.close();
      throw thrown;
    }
  }

  /** For a file that may be rotated away once more meanwhile. */
  static async openIfThere(path: string): Promise<LogReader | undefined> {
    try {
      return await LogReader.open(path);
    } catch (thrown) {
      if (hasErrno(thrown, 'ENOENT')) return undefined;
      throw thrown;
    }
  }

  /** Everything that was appended since. A file that became shorter was emptied: it begins anew. */
  async *appended(): AsyncGenerator<LogLine, void, undefined> {
    const { size } = await this.#handle.stat();
    if (size < this.#position) {
      this.#position = 0;
      this.#line = 0;
      this.#splitter = new LineSplitter();
    }
    for (;;) {
      const buffer = Buffer.alloc(CHUNK_BYTES);
      const { bytesRead } = await this.#handle.read(buffer, 0, CHUNK_BYTES, this.#position);
      if (bytesRead === 0) return;
      this.#position += bytesRead;
      yield* this.#number(this.#splitter.push(buffer.subarray(0, bytesRead)));
    }
  }

  /** A last line without its end. */
  *rest(): Generator<LogLine, void, undefined> {
    yield* this.#number(this.#splitter.end());
  }

  *#number(lines: readonly string[]): Generator<LogLine, void, undefined> {
    for (const text of lines) {
      this.#line += 1;
      yield { text, line: this.#line };
    }
  }

  /** Whether the path leads to another file now; while it leads to none, there may still be appended. */
  async isReplaced(path: string): Promise<boolean> {
    try {
      return (await stat(path, { bigint: true })).ino !== this.#inode;
    } catch (thrown) {
      if (hasErrno(thrown, 'ENOENT')) return false;
      throw thrown;
    }
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** Every line of a file as it is. Throws what opening and reading throw. */
export const linesOf = async function* (path: string): AsyncGenerator<LogLine, void, undefined> {
  const reader = await LogReader.open(path);
  try {
    yield* reader.appended();
    yield* reader.rest();
  } finally {
    await reader.close();
  }
};

/**
 * Every line, then those that are appended, until the signal aborts. When the file was renamed and
 * there is a new one, the old is read to its end before the new begins.
 */
export const followLines = async function* (
  path: string,
  signal: AbortSignal,
): AsyncGenerator<LogLine, void, undefined> {
  let reader = await LogReader.open(path);
  const changes = new Changes(path, signal);
  try {
    while (!signal.aborted) {
      // Asked before reading: what is written to the old file after its new one appears is not lost.
      const isReplaced = await reader.isReplaced(path);
      yield* reader.appended();
      const next = isReplaced ? await LogReader.openIfThere(path) : undefined;
      if (next === undefined) await changes.next();
      else {
        yield* reader.rest();
        await reader.close();
        reader = next;
      }
    }
  } finally {
    changes.close();
    await reader.close();
  }
};
