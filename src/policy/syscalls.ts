/** System calls by name and number for each ABI. */
import type { Architecture } from './operation.js';
import { aarch64, arm, x32, x86, x86_64 } from './generated/syscalls.js';

/** Set by the kernel in every number of x32, which shares the audit architecture of x86_64 (`__X32_SYSCALL_BIT`). */
export const X32_SYSCALL_BIT = 0x4000_0000;

const tables: Readonly<Record<Architecture, ReadonlyMap<string, number>>> = {
  x86_64: new Map(Object.entries(x86_64)),
  x86: new Map(Object.entries(x86)),
  x32: new Map(Object.entries(x32)),
  aarch64: new Map(Object.entries(aarch64)),
  arm: new Map(Object.entries(arm)),
};

const reversed = (table: ReadonlyMap<string, number>): ReadonlyMap<number, string> =>
  new Map([...table].map(([name, number]) => [number, name]));

const names: Readonly<Record<Architecture, ReadonlyMap<number, string>>> = {
  x86_64: reversed(tables.x86_64),
  x86: reversed(tables.x86),
  x32: reversed(tables.x32),
  aarch64: reversed(tables.aarch64),
  arm: reversed(tables.arm),
};

/** Name of a system call, or undefined for a number unknown up to Linux 6.18. x32: with or without its bit. */
export const syscallName = (architecture: Architecture, number: number): string | undefined =>
  names[architecture].get(
    architecture === 'x32' && number >= X32_SYSCALL_BIT ? number - X32_SYSCALL_BIT : number,
  );

/** Number of a system call as seccomp sees it (x32: with its bit), or undefined where the ABI has no such call. */
export const syscallNumber = (architecture: Architecture, name: string): number | undefined => {
  const number = tables[architecture].get(name);
  return number === undefined || architecture !== 'x32' ? number : number + X32_SYSCALL_BIT;
};

/** Every system call name of an ABI, by number. */
export const syscallNames = (architecture: Architecture): readonly string[] => [
  ...tables[architecture].keys(),
];

/** The ABIs that programs can use on a machine of each kind, its own first. */
export const ABIS_OF_MACHINE: Readonly<Record<'x86_64' | 'aarch64', readonly Architecture[]>> = {
  x86_64: ['x86_64', 'x86', 'x32'],
  aarch64: ['aarch64', 'arm'],
};
