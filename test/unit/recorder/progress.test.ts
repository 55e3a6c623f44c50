import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  agoOf,
  clockOf,
  formatProgress,
  grouped,
  newPerMinute,
  startProgress,
  stepProgress,
  type ProgressSample,
} from '../../../src/recorder/progress.js';

const after = (...samples: readonly (readonly [number, number, number, bigint])[]) =>
  samples
    .map(([at, events, items, lost]): ProgressSample => ({ at, events, items, lost }))
    .reduce(stepProgress, startProgress(0));

test('the line says it all where there is room', () => {
  const progress = after(
    [2_000, 5_000, 211, 0n],
    [4_000, 9_000, 214, 0n],
    [12_000, 18_402, 214, 0n],
  );
  assert.equal(
    formatProgress(progress, 'web', 100),
    'recording web  00:12  18,402 events  214 items (+214/min)  new 8s ago  lost 0',
  );
});

test('it never exceeds the width, and losses stay to the last', () => {
  const progress = after([60_000, 1_000_000, 1_234, 12n]);
  for (let width = 0; width < 120; width++) {
    const line = formatProgress(progress, 'a-rather-long-name', width);
    assert.ok(line.length <= width, `${width}: ${line}`);
    if (width >= 7) assert.match(line, /lost 12$/);
  }
});

test('what was new counts for one minute', () => {
  const early = after([1_000, 1, 10, 0n], [30_000, 2, 13, 0n]);
  assert.equal(newPerMinute(early), 13);
  const later = stepProgress(early, { at: 61_500, events: 3, items: 13, lost: 0n });
  assert.equal(newPerMinute(later), 3);
  assert.equal(later.newAt, 30_000);
  const much = stepProgress(later, { at: 95_000, events: 3, items: 13, lost: 0n });
  assert.equal(newPerMinute(much), 0);
});

test('condensing makes fewer items, which is nothing new', () => {
  const progress = after([1_000, 1, 20_000, 0n], [2_000, 2, 9_000, 0n]);
  assert.equal(progress.newAt, 1_000);
  assert.equal(newPerMinute(progress), 20_000);
});

test('times and numbers', () => {
  assert.deepEqual([0, 59_999, 61_000, 3_723_000].map(clockOf), [
    '00:00',
    '00:59',
    '01:01',
    '1:02:03',
  ]);
  assert.deepEqual([0, 59_000, 60_000, 7_200_000].map(agoOf), ['0s', '59s', '1m', '2h']);
  assert.deepEqual([0, 999, 1_000, 12_345_678].map(grouped), ['0', '999', '1,000', '12,345,678']);
  assert.match(formatProgress(startProgress(0), 'web', 80), /nothing yet/);
});
