/** Every benchmark by name. */
import type { BenchmarkEntry } from './contract.js';

export const BENCHMARKS: readonly BenchmarkEntry[] = [];
