/**
 * System calls that a run makes or does not make as its threads happen to be scheduled. A recording
 * that missed one would break the next run, so those that give nothing away come with the calls that
 * lead to them.
 */
import type { Architecture } from '../policy/operation.js';
import { syscallNumber } from '../policy/syscalls.js';

interface Companions {
  /** Any of these recorded; absent: any system call at all. */
  readonly after?: readonly string[];
  /** All of these recorded as well. */
  readonly beside?: readonly string[];
  readonly come: readonly string[];
}

const COMPANIONS: readonly Companions[] = [
  // The kernel's own way to go on with a sleep that a stop or a tracer interrupted: restart_syscall(2).
  { come: ['restart_syscall'] },
  // Every handler returns through it: sigreturn(2). Whether a signal arrives is up to its sender.
  { after: ['rt_sigaction', 'sigaction'], come: ['rt_sigreturn', 'sigreturn'] },
  // Contended locks: nptl waits, spinning runtimes give up the processor.
  { after: ['clone', 'clone3'], come: ['futex', 'futex_time64', 'sched_yield'] },
  // Go interrupts a goroutine that ran for 10 ms by a signal to its thread (runtime.preemptM, since
  // 1.14). Its threads are made by clone and ask for their id; C libraries use clone3 by now.
  { after: ['clone'], beside: ['gettid', 'sigaltstack'], come: ['getpid', 'tgkill'] },
  // Allocators give memory back when enough of it is free at that moment: malloc(3), MAP_ANONYMOUS.
  { after: ['mmap', 'mmap2'], come: ['madvise', 'munmap'] },
];

/** What has to be added to the recorded names of one ABI, sorted; only names that the ABI has. */
export const timingDependent = (
  architecture: Architecture,
  recorded: ReadonlySet<string>,
): readonly string[] =>
  COMPANIONS.filter(
    ({ after, beside = [] }) =>
      (after?.some((name) => recorded.has(name)) ?? recorded.size > 0) &&
      beside.every((name) => recorded.has(name)),
  )
    .flatMap(({ come }) => come)
    .filter((name) => !recorded.has(name) && syscallNumber(architecture, name) !== undefined)
    .sort();
