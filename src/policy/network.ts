/** CIDR ranges of IPv4 and IPv6: reading, writing, containing, subtracting. */
import { PinfoldError } from '../errors.js';
import {
  formatAddress,
  MAPPED_BASE,
  parseRawAddress,
  widthOf,
  type Address,
  type Family,
} from './address.js';

export interface Cidr {
  readonly family: Family;
  /** Lowest address of the range: the host bits are zero. */
  readonly base: bigint;
  /** Bits that are fixed: 0..32 or 0..128. */
  readonly prefix: number;
}

/** Addresses `first` to `last`, both included. */
export interface Range {
  readonly first: bigint;
  readonly last: bigint;
}

const hostBits = (family: Family, prefix: number): bigint => BigInt(widthOf(family) - prefix);

const cidrAt = (family: Family, value: bigint, prefix: number): Cidr => {
  const bits = hostBits(family, prefix);
  return { family, base: (value >> bits) << bits, prefix };
};

/**
 * Reads `10.0.0.0/8` or `2001:db8::/32`; host bits are cleared. A range inside `::ffff:0:0/96` is the
 * IPv4 range it stands for, as addresses are. Anything else is `undefined`.
 */
export const parseCidr = (text: string): Cidr | undefined => {
  const [, addressText = '', prefixText = ''] = /^([^/]+)\/(0|[1-9][0-9]{0,2})$/.exec(text) ?? [];
  const address = parseRawAddress(addressText);
  const prefix = Number(prefixText);
  if (address === undefined || prefix > widthOf(address.family)) return undefined;
  const cidr = cidrAt(address.family, address.value, prefix);
  const mapped = cidr.family === 6 && prefix >= 96 && cidr.base >> 32n === MAPPED_BASE >> 32n;
  return mapped ? cidrAt(4, cidr.base & 0xffff_ffffn, prefix - 96) : cidr;
};

/** As `parseCidr`; throws `CidrInvalid`. */
export const requireCidr = (text: string): Cidr => {
  const cidr = parseCidr(text);
  if (cidr === undefined) throw new PinfoldError('CidrInvalid', { cidr: text });
  return cidr;
};

/** The range of one address: /32 or /128. */
export const cidrOfAddress = ({ family, value }: Address): Cidr => ({
  family,
  base: value,
  prefix: widthOf(family),
});

/** Canonical text: `10.0.0.0/8`. */
export const formatCidr = ({ family, base, prefix }: Cidr): string =>
  `${formatAddress({ family, value: base })}/${prefix.toString()}`;

export const rangeOf = ({ family, base, prefix }: Cidr): Range => ({
  first: base,
  last: base + (1n << hostBits(family, prefix)) - 1n,
});

export const contains = (cidr: Cidr, address: Address): boolean =>
  cidr.family === address.family &&
  (address.value ^ cidr.base) >> hostBits(cidr.family, cidr.prefix) === 0n;

/** Whether every address of `inner` lies in `outer`. */
export const containsCidr = (outer: Cidr, inner: Cidr): boolean =>
  outer.prefix <= inner.prefix && contains(outer, { family: inner.family, value: inner.base });

/** The fewest CIDR ranges that are exactly `range`, in ascending order. */
export const cidrsOf = (family: Family, { first, last }: Range): readonly Cidr[] => {
  const cidrs: Cidr[] = [];
  for (let at = first; at <= last;) {
    let prefix = widthOf(family);
    while (prefix > 0) {
      const wider = cidrAt(family, at, prefix - 1);
      if (wider.base !== at || rangeOf(wider).last > last) break;
      prefix -= 1;
    }
    const cidr = cidrAt(family, at, prefix);
    cidrs.push(cidr);
    at = rangeOf(cidr).last + 1n;
  }
  return cidrs;
};

const halves = ({ family, base, prefix }: Cidr): readonly [Cidr, Cidr] => {
  const low: Cidr = { family, base, prefix: prefix + 1 };
  return [low, { ...low, base: rangeOf(low).last + 1n }];
};

/** What remains of `cidr` without `except`: disjoint ranges, ascending; the fewest there are. */
export const subtract = (cidr: Cidr, except: readonly Cidr[]): readonly Cidr[] => {
  if (except.some((hole) => containsCidr(hole, cidr))) return [];
  const inside = except.filter((hole) => containsCidr(cidr, hole));
  if (inside.length === 0) return [cidr];
  return halves(cidr).flatMap((half) => subtract(half, inside));
};

/** All addresses of the family. */
export const everything = (family: Family): Cidr => ({ family, base: 0n, prefix: 0 });

/** By family, address, then width: the order in which ranges are written. */
export const compareCidr = (a: Cidr, b: Cidr): number => {
  if (a.family !== b.family) return a.family - b.family;
  if (a.base !== b.base) return a.base < b.base ? -1 : 1;
  return a.prefix - b.prefix;
};

export { parseAddress, formatAddress, type Address, type Family } from './address.js';
