/** From the bytes of a file to text: its size and encoding are checked before anything is parsed. */
import { isUtf8 } from 'node:buffer';
import { PinfoldError } from '../errors.js';

/** Bytes of one file: room for several profiles of 5,000 rules, and short work to refuse. */
export const MAX_FILE_BYTES = 4 * 1024 * 1024;

/** `stream` lets a character be cut at the end, as a prefix of valid text may be. */
const isPrefixOfUtf8 = (bytes: Uint8Array): boolean => {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch (thrown) {
    if (thrown instanceof TypeError) return false;
    throw thrown;
  }
};

/** Offset of the first byte that begins no valid character. */
const firstBrokenByte = (bytes: Uint8Array): number => {
  let good = 0;
  let bad = bytes.length;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (isPrefixOfUtf8(bytes.subarray(0, middle))) good = middle;
    else bad = middle;
  }
  // The character that broke may have begun up to three bytes earlier.
  while (!isUtf8(bytes.subarray(0, good))) good -= 1;
  return good;
};

const withoutByteOrderMark = (text: string): string =>
  text.startsWith('\uFEFF') ? text.slice(1) : text;

/** Throws FileTooLarge or FileNotUtf8. A byte order mark is dropped. */
export const textOf = (input: string | Uint8Array, file: string): string => {
  const bytes = typeof input === 'string' ? Buffer.byteLength(input) : input.byteLength;
  if (bytes > MAX_FILE_BYTES)
    throw new PinfoldError('FileTooLarge', { file, bytes, limit: MAX_FILE_BYTES });
  if (typeof input === 'string') return withoutByteOrderMark(input);
  if (!isUtf8(input))
    throw new PinfoldError('FileNotUtf8', { file, offset: firstBrokenByte(input) });
  return withoutByteOrderMark(Buffer.from(input).toString('utf8'));
};
