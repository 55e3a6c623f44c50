/**
 * Runs test files with node:test's own runner and `spec` reporter, and one summary for all at the end. Those that
 * share something (the kernel, the test bed) run one at a time after all others, which run side by side; those in
 * virtual machines of their own, which take one processor, beside them.
 * Usage: node --import tsx scripts/run-tests.ts FILE|FOLDER...
 */
import { readdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { withSharedBed } from '../test/support/bed/share.js';
import { root } from '../test/support/root.js';

/** The part of node:test's events that is used here. */
interface TestEvent {
  readonly type: string;
  readonly data: {
    readonly nesting: number;
    readonly message?: string;
    readonly file?: string;
    readonly todo?: string | boolean;
  };
}

const testFilesIn = (place: string): readonly string[] =>
  statSync(place).isDirectory()
    ? readdirSync(place, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.test.ts'))
        .sort()
        .map((name) => join(place, name))
    : [place];

/** `tests 12`, `duration_ms 31.5`: a run ends with these as diagnostics that belong to no file. */
const totalIn = ({ type, data }: TestEvent): { name: string; value: number } | undefined => {
  if (type !== 'test:diagnostic' || data.nesting !== 0 || data.file !== undefined) return undefined;
  const [, name, value] =
    /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) ([\d.]+)$/.exec(
      data.message ?? '',
    ) ?? [];
  return name === undefined ? undefined : { name, value: Number(value) };
};

interface Lane {
  readonly files: readonly string[];
  readonly concurrency: number;
}

/** The events of all lanes: those of a phase begin together, and are told one lane after the other. */
async function* eventsOf(phases: readonly (readonly Lane[])[]): AsyncGenerator<TestEvent> {
  for (const lanes of phases) {
    const runs = lanes.map(({ files, concurrency }): AsyncIterable<TestEvent> =>
      run({ files: [...files], concurrency }),
    );
    for (const events of runs) yield* events;
  }
}

/** The events as if there had been one run. */
async function* inOneRun(events: AsyncIterable<TestEvent>) {
  const totals = new Map<string, number>();
  const summaries: TestEvent[] = [];
  for await (const event of events) {
    const total = totalIn(event);
    if (total !== undefined) totals.set(total.name, (totals.get(total.name) ?? 0) + total.value);
    // Newer versions of Node list the failures when this event comes, so it may come only once.
    else if (event.type === 'test:summary' && event.data.file === undefined) summaries.push(event);
    else yield event;
    if (event.type === 'test:fail' && event.data.todo === undefined) process.exitCode = 1;
  }
  for (const [name, value] of totals)
    yield { type: 'test:diagnostic', data: { nesting: 0, message: `${name} ${String(value)}` } };
  yield* summaries.slice(-1);
  if ((totals.get('tests') ?? 0) === 0) process.exitCode = 1;
}

const files = process.argv.slice(2).flatMap(testFilesIn);
const below = (folder: string): readonly string[] =>
  files.filter((file) => relative(root, resolve(file)).startsWith(`test/${folder}/`));
const onBed = ['cluster', 'e2e'].flatMap(below);
const inMachines = below('vm');
const alone = [...below('kernel'), ...onBed];
const sideBySide = files.filter((file) => !alone.includes(file) && !inMachines.includes(file));
const phases = [
  [{ files: sideBySide, concurrency: availableParallelism() }],
  [
    { files: alone, concurrency: 1 },
    { files: inMachines, concurrency: 1 },
  ],
].map((lanes) => lanes.filter((lane) => lane.files.length > 0));

const runAll = () =>
  pipeline(inOneRun(eventsOf(phases)), new spec(), process.stdout, { end: false });
await (onBed.length > 0 ? withSharedBed(runAll) : runAll());
