/** Bytes of paths to strings and back: what is not UTF-8 becomes lone surrogates U+DC80..U+DCFF. */

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Length of the valid UTF-8 sequence at `index`, or 0. */
const sequenceAt = (bytes: Buffer, index: number, end: number): number => {
  const lead = bytes[index] ?? 0;
  const length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
  if (length === 0 || index + length > end) return 0;
  try {
    strict.decode(bytes.subarray(index, index + length));
    return length;
  } catch {
    return 0; // the decoder's only way to say "not UTF-8"
  }
};

const decodeMixed = (bytes: Buffer, start: number, end: number): string => {
  let text = '';
  for (let index = start; index < end;) {
    const length = sequenceAt(bytes, index, end);
    if (length === 0) {
      text += String.fromCharCode(0xdc00 + (bytes[index] ?? 0));
      index += 1;
    } else {
      text += bytes.toString('utf8', index, index + length);
      index += length;
    }
  }
  return text;
};

/** Text of `bytes[start, end)`. Nearly all paths are plain ASCII and take the first branch. */
export const decodePathBytes = (bytes: Buffer, start: number, end: number): string => {
  let ascii = true;
  for (let index = start; index < end; index += 1) {
    if ((bytes[index] ?? 0) >= 0x80) {
      ascii = false;
      break;
    }
  }
  if (ascii) return bytes.toString('latin1', start, end);
  try {
    return strict.decode(bytes.subarray(start, end));
  } catch {
    return decodeMixed(bytes, start, end);
  }
};

/** Bytes of a path as the kernel has them. */
export const encodePathBytes = (path: string): Buffer => {
  if (!/[\udc80-\udcff]/u.test(path)) return Buffer.from(path, 'utf8');
  return Buffer.concat(
    Array.from(path, (character) => {
      const unit = character.charCodeAt(0);
      return character.length === 1 && unit >= 0xdc80 && unit <= 0xdcff
        ? Buffer.from([unit - 0xdc00])
        : Buffer.from(character, 'utf8');
    }),
  );
};
