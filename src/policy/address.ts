/** IP addresses as numbers. A v4-mapped IPv6 address (::ffff:a.b.c.d) is the IPv4 address it stands for. */

export type Family = 4 | 6;

export interface Address {
  readonly family: Family;
  /** The address as an unsigned integer of 32 or 128 bits. */
  readonly value: bigint;
}

/** Bits of an address. */
export const widthOf = (family: Family): number => (family === 4 ? 32 : 128);

/** Highest address of the family. */
export const lastOf = (family: Family): bigint => (1n << BigInt(widthOf(family))) - 1n;

/** `::ffff:0:0/96`: IPv4 addresses inside IPv6 sockets (RFC 4291, 2.5.5.2). */
export const MAPPED_BASE = 0xffffn << 32n;

const parseV4 = (text: string): bigint | undefined => {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0n;
  for (const part of parts) {
    // A leading zero is octal to some readers and decimal to others, so nobody may write one.
    if (!/^(?:0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = (value << 8n) | BigInt(part);
  }
  return value;
};

/** The 16-bit groups of one side of `::`; `undefined` where the text is not such a list. */
const groupsOf = (text: string, v4Allowed: boolean): readonly bigint[] | undefined => {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: bigint[] = [];
  for (const [index, part] of parts.entries()) {
    if (part.includes('.')) {
      const v4 = v4Allowed && index === parts.length - 1 ? parseV4(part) : undefined;
      if (v4 === undefined) return undefined;
      groups.push(v4 >> 16n, v4 & 0xffffn);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(BigInt(`0x${part}`));
    else return undefined;
  }
  return groups;
};

const parseV6 = (text: string): bigint | undefined => {
  const sides = text.split('::');
  const [left = '', right] = sides;
  if (sides.length > 2) return undefined;
  const high = groupsOf(left, right === undefined);
  const low = right === undefined ? [] : groupsOf(right, true);
  if (high === undefined || low === undefined) return undefined;
  const missing = 8 - high.length - low.length;
  if (right === undefined ? missing !== 0 : missing < 1) return undefined;
  const zeros = Array.from({ length: missing }, () => 0n);
  return [...high, ...zeros, ...low].reduce((value, group) => (value << 16n) | group, 0n);
};

/** The address exactly as its text has it, v4-mapped left as IPv6. For CIDR ranges; otherwise use `parseAddress`. */
export const parseRawAddress = (text: string): Address | undefined => {
  const family: Family = text.includes(':') ? 6 : 4;
  const value = family === 6 ? parseV6(text) : parseV4(text);
  return value === undefined ? undefined : { family, value };
};

/**
 * Reads `10.0.0.1`, `2001:db8::1`, `::ffff:10.0.0.1` (as IPv4), `fe80::1%eth0` (the zone is dropped).
 * Anything else is `undefined`.
 */
export const parseAddress = (text: string): Address | undefined => {
  const raw = parseRawAddress(text.replace(/(?<=:.*)%[^%]+$/, ''));
  if (raw?.family === 6 && raw.value >> 32n === 0xffffn)
    return { family: 4, value: raw.value & 0xffff_ffffn };
  return raw;
};

const formatV4 = (value: bigint): string =>
  [24n, 16n, 8n, 0n].map((shift) => ((value >> shift) & 0xffn).toString()).join('.');

/** RFC 5952: lower case, no leading zeros, the first longest run of two or more zero groups is `::`. */
const formatV6 = (value: bigint): string => {
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16),
  );
  let best = { start: 0, length: 1 };
  for (let start = 0; start < 8; start++) {
    let end = start;
    while (end < 8 && groups[end] === '0') end++;
    if (end - start > best.length) best = { start, length: end - start };
  }
  if (best.length < 2) return groups.join(':');
  const left = groups.slice(0, best.start).join(':');
  return `${left}::${groups.slice(best.start + best.length).join(':')}`;
};

export const formatAddress = ({ family, value }: Address): string =>
  family === 4 ? formatV4(value) : formatV6(value);
