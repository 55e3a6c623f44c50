/** Which ABI a traced call used: strace names the number, and most numbers tell. */
import { readFileSync } from 'node:fs';
import type { Architecture } from '../../../src/policy/operation.js';
import type { Call } from './line.js';

const X32_BIT = 0x4000_0000;

/** The number of each name, from the kernel's own headers rather than from what is measured. */
const headerNumbers = (file: string): ReadonlyMap<string, number> =>
  new Map(
    [...readFileSync(file, 'latin1').matchAll(/^#define __NR_(\w+) (\d+)$/gm)].map(
      ([, name = '', number = '']) => [name, Number(number)],
    ),
  );

/** Calls of the 32-bit ABI that hold many: strace names the one inside, the kernel has this number. */
const MULTIPLEXED: ReadonlyMap<number, string> = new Map([
  [102, 'socketcall'],
  [117, 'ipc'],
]);

/** Undefined for a call that looks the same in both ABIs (numbers from 424 on). */
const evident = (
  { number, name }: Call,
  native: ReadonlyMap<string, number>,
  compat: ReadonlyMap<string, number>,
): Architecture | undefined => {
  if (number >= X32_BIT) return 'x32';
  if (native.get(name) !== number) return 'x86'; // no such call of the 64-bit ABI
  return compat.get(name) === number ? undefined : 'x86_64';
};

/** Name of the entry that the kernel was entered by. */
export const entryName = (
  architecture: Architecture,
  { number, name }: Pick<Call, 'number' | 'name'>,
): string => {
  const outer = architecture === 'x86' ? MULTIPLEXED.get(number) : undefined;
  return outer ?? name;
};

export const HEADERS = [
  '/usr/include/x86_64-linux-gnu/asm/unistd_64.h',
  '/usr/include/x86_64-linux-gnu/asm/unistd_32.h',
] as const;

/**
 * The ABI of every call of one thread, in order. A call that looks the same in both takes that of
 * the nearest call before it that tells, or else after it.
 */
export const architectures = (calls: readonly Call[]): readonly Architecture[] => {
  const [native, compat] = HEADERS.map(headerNumbers) as [
    ReadonlyMap<string, number>,
    ReadonlyMap<string, number>,
  ];
  const told = calls.map((call) => evident(call, native, compat));
  let last = told.find((each) => each !== undefined) ?? 'x86_64';
  return told.map((each, at) => {
    const here = each ?? last;
    // A successful exec may change the ABI of what follows: look ahead for the next that tells.
    const { name, result } = calls[at] ?? { name: '' };
    const changes = name.startsWith('execve') && result?.startsWith('0') === true;
    last = changes ? (told.slice(at + 1).find((next) => next !== undefined) ?? here) : here;
    return here;
  });
};
