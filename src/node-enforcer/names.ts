/** Numbers that kernel events carry, by name. */
import type { Architecture, Protocol } from '../policy/operation.js';
import { ABIS_OF_MACHINE } from '../policy/syscalls.js';

const abis: readonly Architecture[] =
  ABIS_OF_MACHINE[process.arch === 'arm64' ? 'aarch64' : 'x86_64'];

/** The architecture behind an event's `abi`: 0 native, 1 compat, 2 x32. */
export const abiName = (abi: number): Architecture => abis[abi] ?? abis[0] ?? 'x86_64';

const PROTOCOLS: Readonly<Record<number, Protocol>> = { 6: 'TCP', 17: 'UDP', 132: 'SCTP' };

/** By IPPROTO_ number; MPTCP (262) counts as TCP, which is what it falls back to. */
export const protocolName = (number: number): Protocol | undefined =>
  number === 262 ? 'TCP' : PROTOCOLS[number];

export const protocolNumber = (name: Protocol): number =>
  name === 'TCP' ? 6 : name === 'UDP' ? 17 : 132;
