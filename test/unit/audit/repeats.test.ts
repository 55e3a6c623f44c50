import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RepeatFilter } from '../../../src/audit/repeats.js';
import type { ViolationRecord } from '../../../src/audit/record.js';
import { violationExample } from './examples.js';

const of = (path: string, sequence: number): ViolationRecord => ({
  ...violationExample,
  sequence,
  time: { seconds: sequence, nanos: 0 },
  operation: { kind: 'Exec', object: { path } },
});

const total = (records: readonly ViolationRecord[]): number =>
  records.reduce((sum, record) => sum + (record.count ?? 1), 0);

test('the first of each object comes at once, repeats once per interval with count and times', () => {
  let now = 0;
  const filter = new RepeatFilter({ now: () => now, intervalMs: 1000 });
  assert.deepEqual(filter.take(of('/a', 1)), [of('/a', 1)]);
  assert.deepEqual(filter.take(of('/b', 2)), [of('/b', 2)]);
  assert.deepEqual(filter.take(of('/a', 3)), []);
  assert.deepEqual(filter.take({ ...of('/a', 4), count: 5 }), []);
  assert.equal(filter.nextDue, 1000);
  now = 999;
  assert.deepEqual(filter.flush(), []);
  now = 1000;
  assert.deepEqual(filter.flush(), [
    { ...of('/a', 4), count: 6, firstTime: { seconds: 3, nanos: 0 } },
  ]);
  assert.deepEqual(filter.take(of('/a', 5)), [], 'still followed');
  assert.deepEqual(filter.take(of('/b', 6)), [of('/b', 6)], 'forgotten after a quiet interval');
  now = 2000;
  assert.equal(total(filter.flush()), 1);
  now = 3000;
  assert.deepEqual(filter.flush(), []);
  assert.equal(filter.nextDue, undefined);
});

test('rule, outcome, program and access tell violations apart', () => {
  const filter = new RepeatFilter({ now: () => 0 });
  const base = of('/a', 1);
  const rule = { profile: 'p', class: 'exec', list: 'deny', index: 0, text: '/a' } as const;
  const different: ViolationRecord[] = [
    base,
    { ...base, rule },
    { ...base, rule: { ...rule, index: 1 } },
    { ...base, outcome: 'WouldDeny' },
    { ...base, process: { ...base.process, exe: '/bin/other' } },
    { ...base, operation: { kind: 'File', object: { path: '/a' }, access: ['Read'] } },
    { ...base, operation: { kind: 'File', object: { path: '/a' }, access: ['Write'] } },
    { ...base, subject: { ...base.subject, generation: 4 } },
  ];
  for (const record of different) assert.deepEqual(filter.take(record), [record]);
});

test('every operation is in some count, however many objects there are', () => {
  const step = fc.record({
    path: fc.nat({ max: 9 }),
    wait: fc.nat({ max: 400 }),
    count: fc.integer({ min: 1, max: 5 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let now = 0;
      const filter = new RepeatFilter({ now: () => now, intervalMs: 1000, limit: 4 });
      const written: ViolationRecord[] = [];
      for (const [index, { path, wait, count }] of steps.entries()) {
        now += wait;
        written.push(...filter.take({ ...of(`/${path}`, index), count }));
      }
      written.push(...filter.drain());
      const given = steps.reduce((sum, { count }) => sum + count, 0);
      assert.equal(total(written), given);
    }),
  );
});
