/** What this kernel offers to the tracing engine. */
import { readFileSync, statSync } from 'node:fs';

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

let missing: readonly string[] | undefined;

/** Programs whose tracepoint this kernel does not have. */
export const missingTracepoints = (): readonly string[] => {
  if (missing !== undefined) return missing;
  const types = readFileSync(BTF_PATH);
  missing = Object.entries(OPTIONAL_TRACEPOINTS)
    .filter(([, name]) => !types.includes(`${name}\0`, 0, 'latin1'))
    .map(([program]) => program);
  return missing;
};

let range: readonly [bigint, bigint] | undefined;

/**
 * Start and end of security_vm_enough_memory_mm, which asks for SYS_ADMIN at every mapping without meaning
 * it; undefined where kallsyms hides addresses. The end is the next symbol.
 */
export const memoryAccountingRange = (): readonly [bigint, bigint] | undefined => {
  if (range !== undefined) return range;
  const text = readFileSync('/proc/kallsyms', 'latin1');
  const place = / [tT] security_vm_enough_memory_mm\n/.exec(text);
  if (place === null) return undefined;
  const lineStart = text.lastIndexOf('\n', place.index) + 1;
  const start = BigInt(`0x${text.slice(lineStart, place.index)}`);
  if (start === 0n) return undefined;
  const next = text.slice(place.index + place[0].length);
  const end = BigInt(`0x${next.slice(0, next.indexOf(' '))}`);
  range = [start, end > start ? end : start + 0x200n];
  return range;
};
