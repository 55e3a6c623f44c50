/** The engine's counters, read from the per-CPU map. */
import { COUNTER_CLASSES, LAYOUT, SIZES } from './layout.js';
import type { CounterClass } from './layout.js';

export type PerClass = Readonly<Record<CounterClass, bigint>>;

export interface EngineCounters {
  /** Occurrences seen. */
  readonly produced: PerClass;
  /** Of these, repeats that were only counted. */
  readonly deduplicated: PerClass;
  /** First occurrences that could not be delivered: a ring or every buffer was full. */
  readonly lost: PerClass;
  /** Times every path buffer was taken (in `lost` too). */
  readonly noScratch: bigint;
  /** Times the table of what was seen was full: sent without deduplication, nothing lost. */
  readonly seenFull: bigint;
  /** Tasks that could not be given storage: unseen. */
  readonly noStorage: bigint;
  /** Runs that the kernel skipped because the program was already running on that CPU. */
  readonly misses: Readonly<Record<string, bigint>>;
  /** Helper calls that failed, by errno, source and line. */
  readonly failures: readonly Failure[];
}

export interface Failure {
  readonly errno: number;
  readonly line: number;
  readonly file: string;
  readonly count: bigint;
}

/** `bytes`: one `struct pf_counters` a CPU. */
export const readCounters = (bytes: Buffer): Omit<EngineCounters, 'misses' | 'failures'> => {
  const stride = (SIZES.pf_counters + 7) & ~7;
  const sum = (offset: number): bigint => {
    let total = 0n;
    for (let at = 0; at + stride <= bytes.length; at += stride)
      total += bytes.readBigUInt64LE(at + offset);
    return total;
  };
  const perClass = (offset: number): PerClass =>
    Object.fromEntries(
      COUNTER_CLASSES.map((name, index) => [name, sum(offset + index * 8)]),
    ) as Record<CounterClass, bigint>;
  const field = LAYOUT.pf_counters;
  return {
    produced: perClass(field.produced),
    deduplicated: perClass(field.deduplicated),
    lost: perClass(field.lost),
    noScratch: sum(field.no_scratch),
    seenFull: sum(field.seen_full),
    noStorage: sum(field.no_storage),
  };
};

/** `bytes`: key and value pairs of the failure map. */
export const readFailures = (bytes: Buffer): readonly Failure[] => {
  const failures: Failure[] = [];
  const stride = SIZES.pf_failure_key + 8;
  for (let at = 0; at + stride <= bytes.length; at += stride) {
    const name = bytes.toString(
      'latin1',
      at + LAYOUT.pf_failure_key.file,
      at + SIZES.pf_failure_key,
    );
    failures.push({
      errno: -bytes.readInt32LE(at + LAYOUT.pf_failure_key.error),
      line: bytes.readUInt32LE(at + LAYOUT.pf_failure_key.line),
      file: name.replace(/\0.*$/s, ''),
      count: bytes.readBigUInt64LE(at + SIZES.pf_failure_key),
    });
  }
  return failures;
};
