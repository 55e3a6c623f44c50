/** What several network tables allow together: the kernel has one table for a slot. */
import type { NetworkEntry, NetworkTable } from '../../bpf/network-rules.js';
import { MAX_NETWORK_ENTRIES } from '../../bpf/network-rules.js';
import { PinfoldError } from '../../errors.js';

const sameBits = (a: Uint8Array, b: Uint8Array, bits: number): boolean => {
  for (let index = 0; index * 8 < bits; index += 1) {
    const left = bits - index * 8;
    const mask = left >= 8 ? 0xff : (0xff << (8 - left)) & 0xff;
    if ((((a[index] ?? 0) ^ (b[index] ?? 0)) & mask) !== 0) return false;
  }
  return true;
};

/** Of two ranges of addresses either one holds the other or they share nothing. */
const narrowerOf = (a: NetworkEntry, b: NetworkEntry): NetworkEntry | undefined => {
  if (a.family === undefined || a.address === undefined) return b;
  if (b.family === undefined || b.address === undefined) return a;
  if (a.family !== b.family) return undefined;
  const [bitsA, bitsB] = [a, b].map(
    (entry) => entry.prefixLength ?? (entry.address?.length ?? 0) * 8,
  );
  const common = Math.min(bitsA ?? 0, bitsB ?? 0);
  if (!sameBits(a.address, b.address, common)) return undefined;
  return (bitsA ?? 0) >= (bitsB ?? 0) ? a : b;
};

const both = (a: NetworkEntry, b: NetworkEntry): NetworkEntry | undefined => {
  if (a.direction !== b.direction || a.protocol !== b.protocol) return undefined;
  const portLow = Math.max(a.portLow, b.portLow);
  const portHigh = Math.min(a.portHigh, b.portHigh);
  const target = narrowerOf(a, b);
  return portLow > portHigh || target === undefined ? undefined : { ...target, portLow, portHigh };
};

const limits = (table: NetworkTable, direction: NetworkEntry['direction']): boolean =>
  direction === 'Egress' ? table.egress : table.ingress;

const entriesOf = (
  tables: readonly NetworkTable[],
  direction: NetworkEntry['direction'],
): readonly NetworkEntry[] => {
  const [first, ...rest] = tables
    .filter((table) => limits(table, direction))
    .map(({ entries }) => entries.filter((entry) => entry.direction === direction));
  return rest.reduce<readonly NetworkEntry[]>((left, right) => {
    const found: NetworkEntry[] = [];
    for (const a of left)
      for (const b of right) {
        const entry = both(a, b);
        if (entry !== undefined) found.push(entry);
        if (found.length > MAX_NETWORK_ENTRIES)
          throw new PinfoldError('TooManyNetworkRules', {
            count: found.length,
            limit: MAX_NETWORK_ENTRIES,
          });
      }
    return found;
  }, first ?? []);
};

/**
 * Allows what every table allows; a direction that some table limits is limited. Undefined for no
 * table. @throws PinfoldError TooManyNetworkRules where the result does not fit the kernel's
 */
export const intersectTables = (tables: readonly NetworkTable[]): NetworkTable | undefined => {
  if (tables.length <= 1) return tables[0];
  return {
    egress: tables.some(({ egress }) => egress),
    ingress: tables.some(({ ingress }) => ingress),
    entries: [...entriesOf(tables, 'Egress'), ...entriesOf(tables, 'Ingress')],
  };
};
