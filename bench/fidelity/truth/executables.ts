/** What the kernel loads for a program, read from the file itself: `#!` lines and ELF interpreters. */
import { closeSync, openSync, readSync } from 'node:fs';
import { canonical } from './process.js';

export interface Loaded {
  /** The program and, for scripts, what they name, down to an ELF file. */
  readonly executed: readonly string[];
  /** The dynamic linker of the last. */
  readonly interpreter?: string;
}

const HEAD_BYTES = 4096;
const PT_INTERP = 3;

const headOf = (path: string): Buffer => {
  const file = openSync(Buffer.from(path, 'latin1'), 'r');
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    return head.subarray(0, readSync(file, head, 0, HEAD_BYTES, 0));
  } finally {
    closeSync(file);
  }
};

/** elf(5); program headers and the name they point to lie in the first page of ordinary files. */
const elfInterpreter = (head: Buffer): string | undefined => {
  const is64 = head[4] === 2;
  const table = is64 ? Number(head.readBigUInt64LE(32)) : head.readUInt32LE(28);
  const size = head.readUInt16LE(is64 ? 54 : 42);
  const count = head.readUInt16LE(is64 ? 56 : 44);
  for (let index = 0; index < count; index += 1) {
    const at = table + index * size;
    if (at + size > head.length) return undefined;
    if (head.readUInt32LE(at) !== PT_INTERP) continue;
    const offset = is64 ? Number(head.readBigUInt64LE(at + 8)) : head.readUInt32LE(at + 4);
    const end = head.indexOf(0, offset);
    return head.toString('latin1', offset, end);
  }
  return undefined;
};

export const loadedFor = (program: string): Loaded => {
  const head = headOf(program);
  if (head.toString('latin1', 0, 2) === '#!') {
    const line = head.toString('latin1', 2).split('\n', 1)[0] ?? '';
    const next = loadedFor(canonical(line.trim().split(/[ \t]/, 1)[0] ?? ''));
    return { ...next, executed: [program, ...next.executed] };
  }
  const interpreter = head.toString('latin1', 1, 4) === 'ELF' ? elfInterpreter(head) : undefined;
  return {
    executed: [program],
    ...(interpreter === undefined ? {} : { interpreter: canonical(interpreter) }),
  };
};
