/**
 * From the ring to the JSON line: what real programs do under a profile that allows nothing, replayed
 * through decoder, judging, serialiser and file sink in batches of a drained ring.
 */
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Benchmark, BenchmarkResult, Metric } from '../contract.js';
import { FileSink } from '../../src/audit/sink-file.js';
import { decodeEvents } from '../../src/bpf/events.js';
import { kernelGaps } from '../needs.js';
import { quantile } from '../quantile.js';
import { capture } from './capture.js';
import { nothingAllowed, ruleForEachFile } from './profile.js';
import {
  asOfTheLiving,
  byRecords,
  lineSizes,
  objectPerEvent,
  renew,
  stages,
  whole,
  workloadOf,
} from './stages.js';
import type { StageTimes } from './stages.js';
import type { JudgedProfile } from '../../src/node-enforcer/judging.js';

/** Real programs of everyday work; what a machine does not have is left out and said. */
const PROGRAMS: readonly (readonly [string, ...string[]])[] = [
  ['/bin/sh', '-c', 'ls -lR /etc | grep conf | sort | wc -l >/dev/null'],
  ['/usr/bin/tar', '-cf', '/dev/null', '-C', '/', 'etc'],
  ['/usr/bin/python3', '-c', 'import json, ssl, http.client, email, sqlite3, xml.dom'],
  ['/usr/bin/perl', '-e', 'use POSIX; use File::Find; find(sub {}, "/etc")'],
  ['/usr/bin/git', '--version'],
  ['/usr/bin/gcc', '-O2', '-x', 'c', '-o', '/dev/null', '/dev/null', '-fsyntax-only'],
  ['/usr/bin/curl', '-s', '--version'],
  [process.execPath, '-e', 'require("https"); require("zlib")'],
];

/** Bytes of one replayed batch: what the session drains at once. */
const BATCH_BYTES = 1 << 20;
const ROUNDS = 41;
/** An enforcer runs for months: its code is compiled. */
const WARM_UP = 30;
const FILES = 20_000;

/** Whole captures after each other until the batch is full. */
const batchOf = (captured: Buffer): Buffer => {
  const times = Math.max(1, Math.floor(BATCH_BYTES / captured.length));
  return asOfTheLiving(Buffer.concat(Array.from({ length: times }, () => captured)));
};

const countOf = (bytes: Buffer): number => decodeEvents(bytes, bytes.length, () => undefined);

interface Round extends StageTimes {
  readonly whole: number;
  /** Events that were dealt with by their bytes alone. */
  readonly direct: number;
  readonly newDirectories: number;
  readonly manyRules: number;
  readonly byRecords: number;
  readonly baseline: number;
}

const replay = (bytes: Buffer, captured: Buffer, signal: AbortSignal): readonly Round[] => {
  const workload = workloadOf(nothingAllowed());
  const ruled = workloadOf(ruleForEachFile(captured));
  const sink = new FileSink({ file: '/dev/null', node: hostname() });
  const fd = openSync('/dev/null', 'w');
  try {
    const rounds: Round[] = [];
    for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
      signal.throwIfAborted();
      renew(bytes, bytes.length, round, 'Names');
      const { ns, direct } = whole(workload, bytes, sink);
      const one = {
        ...stages(workload, bytes, sink),
        whole: ns,
        direct,
        manyRules: whole(ruled, bytes, sink).ns,
        byRecords: byRecords(workload, bytes, sink),
        newDirectories: newDirectories(workload, bytes, round, sink),
        baseline: objectPerEvent(workload, bytes, fd),
      };
      if (round >= WARM_UP) rounds.push(one);
    }
    return rounds;
  } finally {
    closeSync(fd);
    sink.close();
  }
};

const newDirectories = (
  workload: JudgedProfile,
  bytes: Buffer,
  round: number,
  sink: FileSink,
): number => {
  const copy = Buffer.from(bytes);
  renew(copy, copy.length, round, 'Directories');
  return whole(workload, copy, sink).ns;
};

/** How fast the ring is emptied: many files, each opened once. */
const drainCost = async (directory: string): Promise<{ events: number; ms: number }> => {
  const files = join(directory, 'files');
  mkdirSync(files);
  for (let index = 0; index < FILES; index += 1) writeFileSync(join(files, String(index)), '');
  const { bytes, drainMs, lost } = await capture([
    '/bin/sh',
    '-c',
    `cd ${files} && ls | xargs cat`,
  ]);
  if (lost > 0n) throw new Error(`${String(lost)} events were lost`);
  return { events: countOf(bytes), ms: drainMs };
};

const metricsOf = (
  events: number,
  rounds: readonly Round[],
  sizes: readonly number[],
  drainNs: number,
): readonly Metric[] => {
  const each = (of: (round: Round) => number): number =>
    quantile(
      rounds.map((round) => of(round) / events),
      0.5,
    );
  const total = each((round) => round.whole);
  const stage = (name: string, value: number): Metric => ({ name, value, unit: 'ns/event' });
  return [
    {
      name: 'JavaScript, ring to line',
      value: total,
      unit: 'ns/event',
      baseline: each((round) => round.baseline),
      target: 1_000,
    },
    {
      name: 'events per second',
      value: 1e9 / total,
      unit: '/s',
      baseline: 1e9 / each((round) => round.baseline),
    },
    {
      name: 'cost of the baseline',
      value: quantile(
        rounds.map((round) => round.baseline / round.whole),
        0.5,
      ),
      unit: 'x',
    },
    stage(
      'the same, every directory new too',
      each((round) => round.newDirectories),
    ),
    stage(
      'the same, a rule for each file',
      each((round) => round.manyRules),
    ),
    {
      name: 'dealt with by bytes alone',
      value: 100 * each((round) => round.direct),
      unit: '%',
    },
    stage(
      'with a record for each (up, run --state)',
      each((round) => round.byRecords),
    ),
    stage(
      'of it: decode',
      each((round) => round.decode),
    ),
    stage(
      'of it: judge',
      each((round) => round.judge),
    ),
    stage(
      'of it: serialise',
      each((round) => round.serialise),
    ),
    stage(
      'of it: write',
      each((round) => round.write),
    ),
    stage('besides: drain (copy out of the ring, wall time)', drainNs),
    { name: 'line, median', value: quantile(sizes, 0.5), unit: 'bytes', target: 450 },
    { name: 'line, p99', value: quantile(sizes, 0.99), unit: 'bytes', target: 700 },
  ];
};

const measure = async (directory: string, signal: AbortSignal): Promise<BenchmarkResult> => {
  const present = PROGRAMS.filter(([program]) => existsSync(program));
  const captures: Buffer[] = [];
  for (const program of present) {
    signal.throwIfAborted();
    captures.push((await capture(program)).bytes);
  }
  const captured = Buffer.concat(captures);
  const drain = await drainCost(directory);
  const sizes = lineSizes(workloadOf(nothingAllowed()), captured);
  const bytes = batchOf(captured);
  const events = countOf(bytes);
  const rounds = replay(bytes, captured, signal);
  const absent = PROGRAMS.filter(([program]) => !existsSync(program)).map(([program]) => program);
  return {
    metrics: metricsOf(events, rounds, sizes, (drain.ms * 1e6) / drain.events),
    samples: { events, captured: countOf(captured), bytes: bytes.length, rounds, sizes, drain },
    remarks: [
      `${String(countOf(captured))} events of ${String(present.length)} programs, replayed ${String(ROUNDS)} times in batches of ${String(events)}, file names new in each; medians of CPU time.`,
      `${String(drain.events)} events of files opened once were drained from the live ring.`,
      'baseline: an object per record, JSON.stringify and a write for each, the reference judge.',
      ...(absent.length === 0 ? [] : [`not on this machine: ${absent.join(', ')}`]),
    ],
  };
};

export const benchmark: Benchmark = {
  missing: kernelGaps,
  run: async (signal) => {
    const directory = mkdtempSync(join(tmpdir(), 'pinfold-pipeline-'));
    try {
      return await measure(directory, signal);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};
