/**
 * npm run bench -- NAME [--json FILE] | --list
 * Exit status: 0 when it ran (whether or not targets were met), 3 when something that it needs is
 * not there, 2 for wrong usage, 1 when it failed.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism, release } from 'node:os';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { met } from './contract.js';
import type { BenchmarkEntry, BenchmarkReport, BenchmarkResult } from './contract.js';
import { BENCHMARKS } from './registry.js';
import { metricTable } from './table.js';

const USAGE = 'usage: npm run bench -- NAME [--json FILE] | --list';
const STATUS = { failed: 1, usage: 2, missing: 3 } as const;

const commit = (): string => {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown'; // an unpacked archive has no history
  }
};

const reportOf = (bench: string, startedAt: Date, result: BenchmarkResult): BenchmarkReport => ({
  bench,
  commit: commit(),
  kernel: release(),
  cpus: availableParallelism(),
  startedAt: startedAt.toISOString(),
  metrics: result.metrics.map((metric) => {
    const reached = met(metric);
    return reached === undefined ? metric : { ...metric, met: reached };
  }),
  samples: result.samples,
});

/** The first signal lets the benchmark clean up and end. */
const interruption = (): AbortSignal => {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => {
      controller.abort(new Error(`interrupted by ${name}`));
    });
  return controller.signal;
};

const runOne = async (entry: BenchmarkEntry, file: string | undefined): Promise<number> => {
  const benchmark = await entry.load();
  const missing = benchmark.missing();
  if (missing.length > 0) {
    console.error(`bench ${entry.name}: cannot run here. Missing:`);
    for (const line of missing) console.error(`  - ${line}`);
    return STATUS.missing;
  }
  const startedAt = new Date();
  const result = await benchmark.run(interruption());
  const report = reportOf(entry.name, startedAt, result);
  console.log(`${entry.name} at ${report.commit.slice(0, 12)}, Linux ${report.kernel}\n`);
  console.log(metricTable(report.metrics));
  if (result.remarks !== undefined && result.remarks.length > 0)
    console.log(`\n${result.remarks.join('\n')}`);
  if (file !== undefined) writeFileSync(file, `${JSON.stringify(report, undefined, 1)}\n`);
  return 0;
};

const main = async (): Promise<number> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'string' }, list: { type: 'boolean' } },
  });
  if (values.list === true) {
    for (const { name, summary } of BENCHMARKS) console.log(`${name.padEnd(16)}${summary}`);
    return 0;
  }
  const [name, ...more] = positionals;
  const entry = BENCHMARKS.find((each) => each.name === name);
  if (entry === undefined || more.length > 0) {
    if (name !== undefined && entry === undefined) console.error(`no benchmark is called ${name}`);
    console.error(`${USAGE}\nbenchmarks: ${BENCHMARKS.map((each) => each.name).join(', ')}`);
    return STATUS.usage;
  }
  return await runOne(entry, values.json);
};

try {
  process.exitCode = await main();
} catch (error) {
  const usage = error instanceof TypeError && 'code' in error;
  console.error(usage ? `${error.message}\n${USAGE}` : error);
  process.exitCode = usage ? STATUS.usage : STATUS.failed;
}
