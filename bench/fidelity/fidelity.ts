/**
 * Recall and precision of recordings, with `strace -f` over the same run as truth; then the profile
 * of a recording enforced over the same workload.
 */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { kernelGaps } from '../needs.js';
import { table } from '../table.js';
import type { Benchmark, BenchmarkResult, Metric } from '../contract.js';
import { compare, recall } from './compare.js';
import type { Score } from './compare.js';
import { enforced } from './enforced.js';
import type { EnforcedRun } from './enforced.js';
import { CLASSES } from './items.js';
import type { Program, Workspace } from './program.js';
import { environment } from './program.js';
import { PROGRAMS } from './programs/all.js';
import { recordedItems } from './recorded.js';
import { traced } from './traced.js';
import { HEADERS } from './truth/abi.js';

/** Anything that takes longer than this hangs. */
const PROGRAM_MS = 180_000;

export interface Sample {
  readonly program: string;
  readonly scores: readonly Score[];
  readonly losses: Readonly<Record<string, string>>;
  readonly enforced: EnforcedRun;
}

const onPath = (name: string): boolean =>
  name.startsWith('/')
    ? existsSync(name)
    : (environment({ work: '', fixed: '' }).PATH ?? '')
        .split(delimiter)
        .some((directory) => existsSync(join(directory, name)));

const chosen = (): readonly Program[] => {
  const only = process.env.PINFOLD_BENCH_ONLY?.split(',');
  return only === undefined ? PROGRAMS : PROGRAMS.filter(({ name }) => only.includes(name));
};

const missing = (): readonly string[] => [
  ...kernelGaps(),
  ...(process.arch === 'x64' ? [] : ['an x86-64 machine: what strace prints is read for that one']),
  ...HEADERS.filter((file) => !existsSync(file)).map((file) => `${file} (libc6-dev)`),
  ...[...new Set(['strace', ...chosen().flatMap(({ needs }) => needs)])]
    .filter((name) => !onPath(name))
    .map((name) => `the program ${name}`),
];

const measure = async (program: Program, root: string, signal: AbortSignal): Promise<Sample> => {
  const space: Workspace = { work: join(root, 'work'), fixed: join(root, 'fixed') };
  rmSync(root, { recursive: true, force: true });
  mkdirSync(space.fixed, { recursive: true });
  const prepared = program.prepare(space);
  const empty = (): void => {
    rmSync(space.work, { recursive: true, force: true });
    mkdirSync(space.work);
    prepared.fill?.(space.work);
  };
  empty();
  const { behaviour, truth } = await traced(prepared, space, join(root, 'traces'), signal);
  const again = await enforced(prepared, space, empty, signal);
  return {
    program: program.name,
    scores: compare(truth, recordedItems(behaviour)),
    losses: Object.fromEntries(
      Object.entries(behaviour.lost).map(([name, count]) => [name, String(count)]),
    ),
    enforced: again,
  };
};

const metricsOf = (samples: readonly Sample[]): readonly Metric[] => {
  const total = (count: (sample: Sample) => number): number =>
    samples.reduce((sum, sample) => sum + count(sample), 0);
  const none = { target: 0, op: '<=' } as const;
  return [
    { name: 'programs', value: samples.length, unit: '', target: 12, op: '>=' },
    ...CLASSES.flatMap((name): readonly Metric[] => {
      const scores = samples.flatMap((sample) =>
        sample.scores.filter((each) => each.class === name),
      );
      return [
        { name: `recall ${name}`, value: recall(scores), unit: '', target: 1, op: '>=' },
        {
          name: `foreign ${name}`,
          value: scores.reduce((sum, { foreign }) => sum + foreign.length, 0),
          unit: 'items',
          ...none,
        },
      ];
    }),
    {
      name: 'events lost',
      value: total(({ losses }) =>
        Object.values(losses).reduce((sum, each) => sum + Number(each), 0),
      ),
      unit: '',
      ...none,
    },
    { name: 'denied', value: total((each) => each.enforced.denied.length), unit: '', ...none },
    { name: 'observed', value: total((each) => each.enforced.observed.length), unit: '', ...none },
    {
      name: 'runs unlike the recorded',
      value: samples.filter((each) => each.enforced.different !== undefined).length,
      unit: '',
      ...none,
    },
  ];
};

const rowOf = ({ program, scores, enforced: again }: Sample): readonly string[] => [
  program,
  ...scores.map(({ truth, missed, foreign }) => {
    const marks = [
      ...(missed.length > 0 ? [`-${String(missed.length)}`] : []),
      ...(foreign.length > 0 ? [`+${String(foreign.length)}`] : []),
    ];
    return [String(truth), ...marks].join(' ');
  }),
  String(again.denied.length),
  String(again.observed.length),
  again.different === undefined ? 'yes' : 'NO',
];

const detailsOf = ({ program, scores, enforced: again, losses }: Sample): readonly string[] => [
  ...scores.flatMap((score) => [
    ...score.missed.map((item) => `${program}: missed ${score.class}: ${item}`),
    ...score.foreign.map((item) => `${program}: foreign ${score.class}: ${item}`),
  ]),
  ...again.denied.map((line) => `${program}: denied: ${line}`),
  ...again.observed.map((line) => `${program}: observed: ${line}`),
  ...(again.different === undefined ? [] : [`${program}: not the same: ${again.different}`]),
  ...Object.entries(losses).map(([name, count]) => `${program}: lost ${name}: ${count}`),
];

const run = async (signal: AbortSignal): Promise<BenchmarkResult> => {
  // A plain name: a random one would be generalised to a wildcard, which Landlock has to widen.
  const root = join(tmpdir(), 'pinfold-fidelity');
  const samples: Sample[] = [];
  try {
    for (const program of chosen()) {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(PROGRAM_MS)]);
      try {
        samples.push(await measure(program, root, limit));
      } catch (cause) {
        throw new Error(`${program.name} could not be measured`, { cause });
      }
      process.stderr.write(`  ${program.name}\n`);
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
  return {
    metrics: metricsOf(samples),
    samples,
    remarks: [
      table([
        ['PROGRAM', ...CLASSES.map((name) => name.toUpperCase()), 'DENIED', 'OBSERVED', 'SAME'],
        ...samples.map(rowOf),
      ]),
      'Distinct items that strace saw; -n: of these not recorded, +n: recorded and not seen by strace.',
      ...samples.flatMap(detailsOf),
    ],
  };
};

export const fidelity: Benchmark = { missing, run };
