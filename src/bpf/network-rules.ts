/** Network rules of a slot as the kernel reads them. */
import { LAYOUT, SIZES } from './layout.js';
import { PinfoldError } from '../errors.js';

/** One allowed combination. `address` and `prefixLength` absent: any address of either family. */
export interface NetworkEntry {
  readonly direction: 'Egress' | 'Ingress';
  readonly family?: 4 | 6;
  /** 4 or 16 bytes, network order. */
  readonly address?: Uint8Array;
  readonly prefixLength?: number;
  /** IPPROTO_ number. */
  readonly protocol: number;
  readonly portLow: number;
  readonly portHigh: number;
  /** What events carry as `rule`; not 0. */
  readonly rule: number;
}

export interface NetworkTable {
  /** Whether the direction is an allow-list at all. */
  readonly egress: boolean;
  readonly ingress: boolean;
  readonly entries: readonly NetworkEntry[];
}

/** As PF_NETWORK_RULES in pinfold_shared.h. */
export const MAX_NETWORK_ENTRIES = 4096;

const AF = { 4: 2, 6: 10 } as const;

const writeEntry = (bytes: Buffer, at: number, entry: NetworkEntry): void => {
  const field = LAYOUT.pf_network_rule;
  if (entry.family !== undefined && entry.address !== undefined) {
    bytes.set(entry.address, at + field.address);
    let bits = entry.prefixLength ?? entry.address.length * 8;
    for (let index = 0; bits > 0; index += 1, bits -= 8)
      bytes[at + field.prefix + index] = bits >= 8 ? 0xff : (0xff << (8 - bits)) & 0xff;
    bytes.writeUInt16LE(AF[entry.family], at + field.family);
  }
  bytes.writeUInt16LE(entry.protocol, at + field.protocol);
  bytes.writeUInt16LE(entry.portLow, at + field.port_low);
  bytes.writeUInt16LE(entry.portHigh, at + field.port_high);
  bytes[at + field.direction] = entry.direction === 'Egress' ? 0 : 1;
  bytes.writeUInt32LE(entry.rule, at + field.rule);
};

/** Head and rules as `struct pf_network_rule[]`. @throws PinfoldError TooManyNetworkRules */
export const encodeNetworkRules = (table: NetworkTable): Buffer => {
  const { entries } = table;
  if (entries.length > MAX_NETWORK_ENTRIES)
    throw new PinfoldError('TooManyNetworkRules', {
      count: entries.length,
      limit: MAX_NETWORK_ENTRIES,
    });
  const bytes = Buffer.alloc((entries.length + 1) * SIZES.pf_network_rule);
  bytes[LAYOUT.pf_network_rule.has_egress] = table.egress ? 1 : 0;
  bytes[LAYOUT.pf_network_rule.has_ingress] = table.ingress ? 1 : 0;
  bytes.writeUInt32LE(entries.length, LAYOUT.pf_network_rule.rule);
  entries.forEach((entry, index) => {
    writeEntry(bytes, (index + 1) * SIZES.pf_network_rule, entry);
  });
  return bytes;
};
