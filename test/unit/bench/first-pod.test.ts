/** What the benchmark first-pod reads, and how it counts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { criStarts, msOf } from '../../../bench/first-pod/emulated/cri-log.js';
import { cpuSecondsIn, memoryIn } from '../../../bench/first-pod/process-cost.js';
import { median, quantile } from '../../../bench/quantile.js';

test('a quantile is the nearest rank', () => {
  const values = Array.from({ length: 50 }, (_, at) => 50 - at);
  assert.deepEqual([quantile(values, 0.99), median(values), quantile(values, 0)], [50, 25, 1]);
  assert.equal(median([7]), 7);
  assert.ok(Number.isNaN(median([])));
});

const line = (seconds: string, message: string): string =>
  `time="2026-01-02T03:04:${seconds}Z" level=info msg=${JSON.stringify(message)}`;

test('starts are read from the log of containerd, also of two pods at once', () => {
  const name = 'name:"c0"';
  const log = [
    line('00.100000000', `CreateContainer within sandbox "a1" for container ${name}`),
    line('00.200000000', `CreateContainer within sandbox "b1" for container ${name}`),
    line(
      '00.350000000',
      `CreateContainer within sandbox "a1" for ${name} returns container id "a2"`,
    ),
    line('00.4', 'StartContainer for "a2"'),
    line('00.500000000', `CreateContainer within sandbox "b1" for ${name} failed`),
    'time="2026-01-02T03:04:01Z" level=error msg="something else"',
    '-- Boot --',
    line('01.650000000', 'StartContainer for "a2" returns successfully'),
    line('02.000000000', 'StartContainer for "before" returns successfully'),
  ].join('\n');
  const [start, ...more] = criStarts(log);
  assert.deepEqual([start?.id, more], ['a2', []]);
  assert.equal(Math.round(start?.create ?? 0), 250);
  assert.equal(Math.round(start?.start ?? 0), 1250);
});

test('times are read with what is below a millisecond', () => {
  const second = Date.parse('2026-01-02T03:04:05Z');
  assert.equal(msOf('2026-01-02T03:04:05.0005Z'), second + 0.5);
  assert.equal(msOf('2026-01-02T04:04:05.250+01:00'), second + 250);
  assert.equal(msOf('2026-01-02T03:04:05Z'), second);
});

test('the cost of a process is read from its files', () => {
  const status = 'Name:\tnode\nVmRSS:\t  102400 kB\nRssAnon:\t   51200 kB\nRssFile:\t   51200 kB\n';
  assert.deepEqual(memoryIn(status), { rss: 100, anonymous: 50 });
  assert.throws(() => memoryIn('Name:\tkthreadd\n'), /VmRSS/);
  const stat = '7 (a) b) (c) S 1 7 7 0 -1 4194560 9 0 0 0 150 50 0 0 20 0 11 0 5000 1 1';
  assert.equal(cpuSecondsIn(stat), 2);
  assert.throws(() => cpuSecondsIn('7 (cut'), /no times/);
});
