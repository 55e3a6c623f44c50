/** Bytes that stand in a JSON text as they are, and so does any string of them. */

const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c ? 1 : 0,
);

export const isPlainByte = (byte: number): boolean => PLAIN[byte] === 1;
