/** Entries of the kernel's table of what was seen: the counts behind first occurrences. */
import { LAYOUT, SIZES } from './layout.js';

export interface SeenEntry {
  readonly slot: number;
  /** Event type. */
  readonly type: number;
  /** Access bits, errno or operation, as the program made it. */
  readonly detail: number;
  readonly count: number;
  /** CLOCK_MONOTONIC, ns. */
  readonly firstNs: number;
  readonly lastNs: number;
  /** The map's key, as Latin-1: what events carry. */
  readonly key: string;
}

const uint64 = (bytes: Buffer, offset: number): number =>
  bytes.readUInt32LE(offset) + bytes.readUInt32LE(offset + 4) * 0x1_0000_0000;

/** `bytes`: key and value pairs. */
export const readSeen = (bytes: Buffer): readonly SeenEntry[] => {
  const entries: SeenEntry[] = [];
  const stride = SIZES.pf_seen_key + SIZES.pf_seen;
  for (let at = 0; at + stride <= bytes.length; at += stride) {
    const what = bytes.readUInt32LE(at + LAYOUT.pf_seen_key.what);
    const value = at + SIZES.pf_seen_key;
    entries.push({
      slot: bytes.readUInt32LE(at + LAYOUT.pf_seen_key.slot),
      type: what >>> 24,
      detail: what & 0xffffff,
      count: uint64(bytes, value + LAYOUT.pf_seen.count),
      firstNs: uint64(bytes, value + LAYOUT.pf_seen.first),
      lastNs: uint64(bytes, value + LAYOUT.pf_seen.last),
      key: bytes.toString('latin1', at, at + SIZES.pf_seen_key),
    });
  }
  return entries;
};
