/** Linux capabilities by name (without `CAP_`) and number. */
import { CAPABILITIES } from './generated/capabilities.js';

export { CAPABILITIES };
export type Capability = (typeof CAPABILITIES)[number];

const numbers: ReadonlyMap<string, number> = new Map(
  CAPABILITIES.map((name, number) => [name, number]),
);

/** Number of a capability; undefined for a name that Linux does not have. */
export const capabilityNumber = (name: string): number | undefined => numbers.get(name);

/** Set of capabilities as the kernel keeps it: bit n stands for capability n. Unknown names are left out. */
export const capabilityMask = (names: readonly string[]): bigint =>
  names.reduce((mask, name) => {
    const number = numbers.get(name);
    return number === undefined ? mask : mask | (1n << BigInt(number));
  }, 0n);

/** Names in a mask, by number. Bits above the last known capability have no name and are left out. */
export const capabilitiesIn = (mask: bigint): readonly Capability[] =>
  CAPABILITIES.filter((_, number) => ((mask >> BigInt(number)) & 1n) === 1n);
