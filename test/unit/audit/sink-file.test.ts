import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { RecordBatch } from '../../../src/audit/batch.js';
import { realCalls } from '../../../src/audit/log-file.js';
import type { FileCalls } from '../../../src/audit/log-file.js';
import { parseRecord } from '../../../src/audit/read.js';
import type { AuditRecord } from '../../../src/audit/record.js';
import { FileSink } from '../../../src/audit/sink-file.js';
import type { AuditSink, SinkHealth } from '../../../src/audit/sink-interface.js';
import { PinfoldError } from '../../../src/errors.js';
import { violationExample } from './examples.js';
import { smallTmpfs, temporaryDirectory } from './tmpfs.js';

const errnoError = (code: string): Error =>
  Object.assign(new Error(`${code}: by the test`), { code });

/** Hands `count` records, numbered on from `from`, to a sink as one batch. */
const send = (sink: AuditSink, from: number, count: number): void => {
  const batch = new RecordBatch();
  for (let sequence = from; sequence < from + count; sequence++) {
    assert.ok(batch.add({ ...violationExample, sequence }));
  }
  batch.writeTo(sink);
};

/** Every line of a file; fails where one is no record or the last one is cut. */
const recordsIn = (file: string): AuditRecord[] => {
  const text = readFileSync(file, 'utf8');
  assert.ok(text === '' || text.endsWith('\n'), 'the file ends within a line');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line, index) => parseRecord(line, { file, line: index + 1 }));
};

const sequences = (records: readonly AuditRecord[]): number[] =>
  records.flatMap((record) => (record.kind === 'violation' ? [record.sequence] : []));

const lostIn = (records: readonly AuditRecord[]): number =>
  records.reduce((sum, record) => sum + (record.kind === 'loss' ? record.lost : 0), 0);

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

test('appends batches, private to root, and goes on where an earlier process ended', (t) => {
  const file = join(temporaryDirectory(t), 'audit.log');
  for (const from of [0, 10]) {
    const sink = new FileSink({ file, node: 'n', sync: 'EveryBatch' });
    send(sink, from, 10);
    assert.deepEqual(sink.health(), { kind: 'Healthy', lost: 0 });
    sink.close();
  }
  assert.deepEqual(sequences(recordsIn(file)), range(0, 20));
  assert.equal(statSync(file).mode & 0o777, 0o600);
});

test('a full disk: nothing half-written, losses exact and reported first once there is room', (t) => {
  const directory = smallTmpfs(t, '16k');
  if (directory === undefined) return;
  const file = join(directory, 'audit.log');
  const ballast = join(directory, 'ballast');
  writeFileSync(ballast, Buffer.alloc(4096));
  const changes: SinkHealth[] = [];
  const sink = new FileSink({ file, node: 'n', onHealth: (health) => changes.push(health) });
  for (let from = 0; from < 100; from += 10) send(sink, from, 10);
  const kept = recordsIn(file);
  const health = sink.health();
  assert.ok(health.kind === 'Failing');
  assert.equal(health.error.code, 'AuditLogFailed');
  assert.match(health.error.message, /ENOSPC/);
  assert.ok(kept.length > 5 && kept.length < 100);
  assert.equal(kept.length + health.lost, 100);
  rmSync(ballast);
  send(sink, 100, 2);
  sink.close();
  const all = recordsIn(file);
  const after = all.slice(kept.length);
  assert.equal(after[0]?.kind, 'loss');
  assert.deepEqual(sequences(after), [100, 101]);
  assert.equal(lostIn(all), 100 - kept.length);
  assert.deepEqual(
    changes.map((change) => change.kind),
    ['Failing', 'Healthy'],
  );
});

test('/dev/full: every record is counted and the error says why', () => {
  const sink = new FileSink({ file: '/dev/full', node: 'n' });
  send(sink, 0, 7);
  send(sink, 7, 3);
  const health = sink.health();
  assert.ok(health.kind === 'Failing');
  assert.equal(health.lost, 10);
  assert.equal(health.error.exitCode, 6);
  assert.match(health.error.message, /dev\/full.*ENOSPC.*10 record/);
  sink.close();
  assert.equal(sink.health().lost, 10);
});

test('a log that cannot be opened is refused at once', (t) => {
  const directory = temporaryDirectory(t);
  for (const file of [directory, join(directory, 'missing', 'audit.log')]) {
    assert.throws(
      () => new FileSink({ file, node: 'n' }),
      (error) => error instanceof PinfoldError && error.code === 'AuditLogFailed',
    );
  }
});

test('after rotation the old file is complete and a new one is used', (t) => {
  const file = join(temporaryDirectory(t), 'audit.log');
  const sink = new FileSink({ file, node: 'n' });
  send(sink, 0, 3);
  renameSync(file, `${file}.1`);
  send(sink, 3, 2);
  sink.reopen();
  send(sink, 5, 4);
  sink.close();
  assert.deepEqual(sequences(recordsIn(`${file}.1`)), range(0, 5));
  assert.deepEqual(sequences(recordsIn(file)), range(5, 9));
});

test('rotation to a place that cannot be opened keeps the old file in use', (t) => {
  const file = join(temporaryDirectory(t), 'audit.log');
  let refuse = false;
  const open: FileCalls['open'] = (...given) => {
    if (refuse) throw errnoError('EACCES');
    return realCalls.open(...given);
  };
  const sink = new FileSink({ file, node: 'n', calls: { ...realCalls, open } });
  send(sink, 0, 1);
  refuse = true;
  sink.reopen();
  assert.equal(sink.health().kind, 'Failing');
  send(sink, 1, 1);
  sink.close();
  assert.deepEqual(sequences(recordsIn(file)), [0, 1]);
});

test('a record that a crash cut is removed and counted; foreign text is left alone', (t) => {
  const directory = temporaryDirectory(t);
  const file = join(directory, 'audit.log');
  const first = new FileSink({ file, node: 'n' });
  send(first, 0, 3);
  first.close();
  truncateSync(file, statSync(file).size - 20);
  const second = new FileSink({ file, node: 'n' });
  send(second, 3, 1);
  second.close();
  assert.deepEqual(sequences(recordsIn(file)), [0, 1, 3]);
  assert.equal(lostIn(recordsIn(file)), 1);

  const foreign = join(directory, 'notes.txt');
  writeFileSync(foreign, 'notes without a last newline');
  const third = new FileSink({ file: foreign, node: 'n' });
  send(third, 0, 1);
  third.close();
  assert.ok(readFileSync(foreign, 'utf8').startsWith('notes without a last newline\n{"schema"'));
});

test('when fdatasync fails, the log says which records are in doubt', (t) => {
  const file = join(temporaryDirectory(t), 'audit.log');
  let fail = true;
  const sync: FileCalls['sync'] = (fd) => {
    if (fail) throw errnoError('EIO');
    realCalls.sync(fd);
  };
  const sink = new FileSink({ file, node: 'n', sync: 'EveryBatch', calls: { ...realCalls, sync } });
  send(sink, 0, 1);
  assert.equal(sink.health().kind, 'Failing');
  fail = false;
  send(sink, 1, 1);
  assert.deepEqual(sink.health(), { kind: 'Healthy', lost: 0 });
  sink.close();
  const [before, gap, after] = recordsIn(file);
  assert.equal(before?.kind, 'violation');
  assert.ok(gap?.kind === 'gap' && gap.code === 'AuditLogNotDurable');
  assert.equal(after?.kind, 'violation');
});

/** What a disk can do to one write: a part of it, then an error, or an error at once. */
const faults = fc.array(
  fc.option(fc.record({ part: fc.integer({ min: 0, max: 3000 }), cut: fc.boolean() }), {
    nil: null,
  }),
  { minLength: 1, maxLength: 12 },
);

test('whatever writes fail, lines are whole, in order, and written + lost = given', (t) => {
  const directory = temporaryDirectory(t);
  let run = 0;
  fc.assert(
    fc.property(faults, (plan) => {
      run += 1;
      const file = join(directory, `audit-${run}.log`);
      const left = [...plan];
      let failing: { error: Error; cut: boolean } | undefined;
      const calls: FileCalls = {
        ...realCalls,
        write: (fd, bytes, from) => {
          if (failing) {
            const { error } = failing;
            failing = undefined;
            throw error;
          }
          const fault = left.shift();
          if (!fault) return realCalls.write(fd, bytes, from);
          const part = Math.min(fault.part, bytes.length - from - 1);
          if (part === 0) throw errnoError('ENOSPC');
          failing = { error: errnoError('EIO'), cut: fault.cut };
          return realCalls.write(fd, bytes.subarray(0, from + part), from);
        },
        truncate: (fd, size) => {
          if (left.length % 2 === 1) throw errnoError('EIO');
          realCalls.truncate(fd, size);
        },
      };
      const sink = new FileSink({ file, node: 'n', calls });
      let given = 0;
      for (const [index] of plan.entries()) {
        send(sink, given, (index % 4) + 1);
        given += (index % 4) + 1;
      }
      while (left.length > 0) sink.flush();
      failing = undefined;
      sink.flush();
      sink.close();
      const records = recordsIn(file);
      const kept = sequences(records);
      assert.deepEqual(
        kept,
        kept.toSorted((a, b) => a - b),
      );
      assert.equal(kept.length + sink.health().lost, given);
      assert.equal(lostIn(records), sink.health().lost);
      assert.equal(sink.health().kind, 'Healthy');
    }),
    { numRuns: 300 },
  );
});

test('a FIFO that nobody reads is refused instead of waited for', (t) => {
  const fifo = join(temporaryDirectory(t), 'fifo');
  execFileSync('mkfifo', [fifo]);
  assert.throws(() => new FileSink({ file: fifo, node: 'n' }), /ENXIO/);
});
