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

/** Undefined for a call that looks the same in both ABIs (numbers from 424 on). */
const evident = (
  { number, name }: Call,
  native: ReadonlyMap<string, number>,
  compat: ReadonlyMap<string, number>,
): Architecture | undefined => {
  if (number >= X32_BIT) return 'x32';
  const isNative = native.get(name) === number;
  const isCompat = compat.get(name) === number;
  if (isNative === isCompat) return undefined;
  return isNative ? 'x86_64' : 'x86';
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
