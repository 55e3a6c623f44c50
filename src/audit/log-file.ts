/** The file below a file sink: opening, repair of a tail that a crash cut, writing whole lines only. */
import { closeSync, constants, fdatasyncSync, fstatSync, ftruncateSync } from 'node:fs';
import { openSync, readSync, writeSync } from 'node:fs';
import { MAX_RECORD_BYTES } from './record.js';

/** The calls that can fail; a test replaces them. */
export interface FileCalls {
  readonly open: (path: string, flags: number, mode: number) => number;
  readonly write: (fd: number, bytes: Uint8Array, from: number) => number;
  readonly truncate: (fd: number, size: number) => void;
  readonly sync: (fd: number) => void;
}

export const realCalls: FileCalls = {
  open: (path, flags, mode) => openSync(path, flags, mode),
  write: (fd, bytes, from) => writeSync(fd, bytes, from),
  truncate: ftruncateSync,
  sync: fdatasyncSync,
};

const NEWLINE = 0x0a;

/** O_NONBLOCK: opening a FIFO without a reader, or a full one, must not stop the enforcer. */
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;
/** Records name files and programs of workloads: for root only. */
const MODE = 0o600;

export interface LogFile {
  readonly fd: number;
  /** Whether a half-written line can be taken back. */
  readonly regular: boolean;
  /** Records that an earlier process left half-written and that were removed: 0 or 1. */
  readonly repaired: number;
}

/** What was written of some lines. */
export interface Written {
  /** Whole lines that are in the file. */
  readonly lines: number;
  /** What is missing of a line that could not be taken back: to be written before anything else. */
  readonly rest: Uint8Array;
  readonly error?: unknown;
}

const nothing = new Uint8Array(0);

const countLines = (bytes: Uint8Array): number => {
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) lines += 1;
  return lines;
};

/** The bytes after the last newline of a file, or `undefined` where they are longer than any record. */
const tailOf = (path: string, size: number): Buffer | undefined => {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const tail = Buffer.alloc(Math.min(size, MAX_RECORD_BYTES));
    const read = readSync(fd, tail, 0, tail.length, size - tail.length);
    const newline = tail.subarray(0, read).lastIndexOf(NEWLINE);
    if (newline < 0 && size > tail.length) return undefined;
    return tail.subarray(newline + 1, read);
  } finally {
    closeSync(fd);
  }
};

const RECORD_START = '{"schema":"pinfold.dev/audit/';

const isCutRecord = (tail: Buffer): boolean => {
  const start = tail.subarray(0, RECORD_START.length).toString('latin1');
  return RECORD_START.startsWith(start);
};

/** Ends a file on a whole line: a record cut by a crash is removed, foreign text gets a newline. */
const repair = (path: string, fd: number, size: number, calls: FileCalls): number => {
  const tail = size === 0 ? nothing : tailOf(path, size);
  if (tail?.length === 0) return 0;
  if (tail instanceof Buffer && isCutRecord(tail)) {
    calls.truncate(fd, size - tail.length);
    return 1;
  }
  calls.write(fd, Buffer.from('\n'), 0);
  return 0;
};

/** Opens a log for appending, creating it if need be. Throws the error of the system call. */
export const openLog = (path: string, calls: FileCalls): LogFile => {
  const fd = calls.open(path, FLAGS, MODE);
  try {
    const stat = fstatSync(fd);
    const regular = stat.isFile();
    return { fd, regular, repaired: regular ? repair(path, fd, stat.size, calls) : 0 };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
};

/** Writes all of `bytes`, or says what is missing and why. Never throws. */
export const writeRest = (
  log: LogFile,
  bytes: Uint8Array,
  calls: FileCalls,
): Pick<Written, 'rest' | 'error'> => {
  let written = 0;
  try {
    while (written < bytes.length) {
      const count = calls.write(log.fd, bytes, written);
      if (count === 0) throw new Error('nothing could be written');
      written += count;
    }
    return { rest: nothing };
  } catch (error) {
    return { rest: bytes.subarray(written), error };
  }
};

const takenBack = (log: LogFile, calls: FileCalls, end: number, partial: number): boolean => {
  if (partial === 0) return true;
  // Somebody else appended meanwhile: cutting would take their lines.
  if (!log.regular || fstatSync(log.fd).size !== end) return false;
  try {
    calls.truncate(log.fd, end - partial);
    return true;
  } catch {
    return false; // the caller completes the line instead
  }
};

/** Writes lines in one call where possible. Never throws; afterwards no line stands half-written
 *  unless `rest` says so. */
export const writeLines = (log: LogFile, bytes: Uint8Array, calls: FileCalls): Written => {
  const start = log.regular ? fstatSync(log.fd).size : 0;
  const { rest: unwritten, error } = writeRest(log, bytes, calls);
  if (error === undefined) return { lines: countLines(bytes), rest: nothing };
  const written = bytes.length - unwritten.length;
  const done = bytes.subarray(0, written);
  const whole = done.lastIndexOf(NEWLINE) + 1;
  const lines = countLines(done.subarray(0, whole));
  if (takenBack(log, calls, start + written, written - whole))
    return { lines, rest: nothing, error };
  const end = bytes.indexOf(NEWLINE, written) + 1;
  return { lines, rest: bytes.slice(written, end), error };
};
