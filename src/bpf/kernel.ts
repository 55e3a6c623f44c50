/** What this kernel offers to the tracing engine. */
import { statSync } from 'node:fs';
import { windowsOf } from './windows.js';

/** Where the kernel publishes its types. */
export const BTF_PATH = '/sys/kernel/btf/vmlinux';

/** Whether it does; what is hidden in a container may leave an empty file. */
export const hasBtf = (): boolean => (statSync(BTF_PATH, { throwIfNoEntry: false })?.size ?? 0) > 0;

/** Tracepoints that not every supported kernel has, by the program that needs them. */
const OPTIONAL_TRACEPOINTS: Readonly<Record<string, string>> = {
  // Since Linux 6.15.
  pf_capable: 'btf_trace_cap_capable',
  pf_io_uring: 'btf_trace_io_uring_create',
};

/** More than any name or line that is looked for. */
const OVERLAP = 1024;

let missing: readonly string[] | undefined;

/** Programs whose tracepoint this kernel does not have. */
export const missingTracepoints = (): readonly string[] => {
  if (missing !== undefined) return missing;
  const sought = new Map(Object.entries(OPTIONAL_TRACEPOINTS));
  for (const types of windowsOf(BTF_PATH, OVERLAP)) {
    for (const [program, name] of sought)
      if (types.includes(`${name}\0`, 0, 'latin1')) sought.delete(program);
    if (sought.size === 0) break;
  }
  missing = [...sought.keys()];
  return missing;
};

const MEMORY_ACCOUNTING = /([0-9a-f]+) [tT] security_vm_enough_memory_mm\n([0-9a-f]+) /;

let range: readonly [bigint, bigint] | undefined;

/**
 * Start and end of security_vm_enough_memory_mm, which asks for SYS_ADMIN at every mapping without meaning
 * it; undefined where kallsyms hides addresses. The end is the next symbol.
 */
export const memoryAccountingRange = (): readonly [bigint, bigint] | undefined => {
  if (range !== undefined) return range;
  for (const symbols of windowsOf('/proc/kallsyms', OVERLAP)) {
    if (!symbols.includes(' security_vm_enough_memory_mm\n', 0, 'latin1')) continue;
    const found = MEMORY_ACCOUNTING.exec(symbols.toString('latin1'));
    if (found === null) continue;
    const [start = 0n, end = 0n] = found.slice(1).map((address) => BigInt(`0x${address}`));
    if (start !== 0n) range = [start, end > start ? end : start + 0x200n];
    break;
  }
  return range;
};
