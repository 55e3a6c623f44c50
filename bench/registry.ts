/** Every benchmark by name. */
import type { BenchmarkEntry } from './contract.js';

export const BENCHMARKS: readonly BenchmarkEntry[] = [
  {
    name: 'fidelity',
    summary: 'recall and precision of recordings against strace, and their profiles enforced',
    load: async () => (await import('./fidelity/fidelity.js')).fidelity,
  },
  {
    name: 'first-pod',
    summary:
      'a changed profile in force, starts, Events and memory, natively and in an emulated node',
    load: async () => (await import('./first-pod/first-pod.js')).firstPod,
  },
  {
    name: 'pipeline',
    summary: 'ns and bytes per event from the ring to its JSON line',
    load: async () => (await import('./pipeline/index.js')).benchmark,
  },
  {
    name: 'syscall-tax',
    summary: 'ns per system call, in a slot and outside, against bpftrace and strace',
    load: async () => (await import('./syscall-tax/index.js')).benchmark,
  },
];
