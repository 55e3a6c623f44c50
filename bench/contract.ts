/** What a benchmark is and what it hands back. `bench/run.ts` is the one way in. */

export interface Metric {
  readonly name: string;
  readonly value: number;
  /** Unit of `value`, `baseline` and `target`; '' for a plain ratio. */
  readonly unit: string;
  /** What the same run measured without Pinfold, or with what it is compared to. */
  readonly baseline?: number;
  readonly target?: number;
  /** How `value` has to stand to `target`. Default: '<='. */
  readonly op?: '<=' | '>=';
}

export interface BenchmarkResult {
  readonly metrics: readonly Metric[];
  /** Raw samples and details from which the metrics were computed; kept in the JSON result. */
  readonly samples: unknown;
  /** Lines for people under the table. */
  readonly remarks?: readonly string[];
}

export interface Benchmark {
  /** What is missing on this machine, each named with what to do; empty when it can run. */
  readonly missing: () => readonly string[];
  /** Cleans up everything that it made, also when it rejects or the signal aborts. */
  readonly run: (signal: AbortSignal) => Promise<BenchmarkResult>;
}

export interface BenchmarkEntry {
  readonly name: string;
  readonly summary: string;
  /** Loaded only when it is asked for. */
  readonly load: () => Promise<Benchmark>;
}

/** Result file of `--json FILE`. */
export interface BenchmarkReport {
  readonly bench: string;
  readonly commit: string;
  readonly kernel: string;
  readonly cpus: number;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly metrics: readonly (Metric & { readonly met?: boolean })[];
  readonly samples: unknown;
}

/** Whether a metric reached its target; undefined where it has none. */
export const met = ({ value, target, op = '<=' }: Metric): boolean | undefined => {
  if (target === undefined) return undefined;
  return op === '<=' ? value <= target : value >= target;
};
