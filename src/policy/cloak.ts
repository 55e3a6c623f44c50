/**
 * Bytes of a path that are not UTF-8 travel inside strings as lone surrogates U+DC80..U+DCFF
 * (policy/operation.ts; the scheme is that of Python's PEP 383). JSON cannot carry them, so records
 * hold base64 of the bytes instead.
 */

/** Rules out nearly every string at a tenth of the cost of the exact test. */
const anySurrogate = /[\ud800-\udfff]/;
const loneSurrogate = /\p{Surrogate}/u;
const loneSurrogates = /\p{Surrogate}/gu;

/** Whether a string holds bytes that are not UTF-8 (or a stray surrogate, treated alike). */
export const isCloaked = (text: string): boolean =>
  anySurrogate.test(text) && loneSurrogate.test(text);

/** The bytes a string stands for; a surrogate that stands for no byte becomes U+FFFD. */
export const uncloak = (text: string): Buffer => {
  const parts: Buffer[] = [];
  let from = 0;
  for (const match of text.matchAll(loneSurrogates)) {
    parts.push(Buffer.from(text.slice(from, match.index)));
    const unit = match[0].charCodeAt(0);
    const isByte = unit >= 0xdc80 && unit <= 0xdcff;
    parts.push(isByte ? Buffer.of(unit - 0xdc00) : Buffer.from('\ufffd'));
    from = match.index + 1;
  }
  parts.push(Buffer.from(text.slice(from)));
  return Buffer.concat(parts);
};

/** base64 of the bytes a string stands for. */
export const base64Of = (text: string): string => uncloak(text).toString('base64');

/** Length of the well-formed UTF-8 sequence at `at` (RFC 3629, table 3-7 of Unicode), or 0. */
const sequenceLength = (bytes: Uint8Array, at: number): number => {
  const lead = bytes[at] ?? 0;
  if (lead < 0x80) return 1;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || at + length > bytes.length) return 0;
  const second = bytes[at + 1] ?? 0;
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let index = at + 2; index < at + length; index++) {
    if (((bytes[index] ?? 0) & 0xc0) !== 0x80) return 0;
  }
  return length;
};

/** Bytes as a string that `uncloak` turns back into the same bytes. */
export const cloak = (bytes: Uint8Array): string => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text = '';
  let from = 0;
  let at = 0;
  while (at < buffer.length) {
    const length = sequenceLength(buffer, at);
    if (length > 0) {
      at += length;
      continue;
    }
    text += buffer.toString('utf8', from, at) + String.fromCharCode(0xdc00 + (buffer[at] ?? 0));
    at += 1;
    from = at;
  }
  return text + buffer.toString('utf8', from);
};

/** Replaces what is not UTF-8 by U+FFFD: for names of ours, where no such byte belongs. */
export const wellFormed = (text: string): string =>
  anySurrogate.test(text) ? text.replace(loneSurrogates, '\ufffd') : text;
