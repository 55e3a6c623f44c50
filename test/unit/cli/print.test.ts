import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { coloursFor } from '../../../src/cli/colours.js';
import { ageText, durationText, seriesAge } from '../../../src/cli/print/age.js';
import { atJsonPath } from '../../../src/cli/print/json-path.js';
import { printable } from '../../../src/cli/print/printable.js';
import { detailTable, fieldLines, listTable } from '../../../src/cli/print/table.js';
import { durationOf } from '../../../src/cli/tree/raw-options.js';

const S = 1000;
const M = 60 * S;
const H = 60 * M;
const D = 24 * H;

// Expected texts: the table test of HumanDuration in k8s.io/apimachinery/pkg/util/duration.
const durations: readonly (readonly [ms: number, text: string])[] = [
  [-2 * S, '<invalid>'],
  [-500, '0s'],
  [0, '0s'],
  [S, '1s'],
  [70 * S, '70s'],
  [190 * S, '3m10s'],
  [50 * M, '50m'],
  [3 * H, '3h'],
  [5 * H + 20 * M, '5h20m'],
  [47 * H, '47h'],
  [2 * D, '2d'],
  [7 * D + 20 * H, '7d20h'],
  [365 * D, '365d'],
  [735 * D, '2y5d'],
  [1095 * D, '3y'],
  [8 * 365 * D + 2 * D, '8y'],
];

test('ages are those of kubectl', () => {
  for (const [ms, text] of durations) assert.equal(durationText(ms), text);
  const now = Date.parse('2025-05-01T10:00:00Z');
  assert.equal(ageText('2025-05-01T09:57:00Z', now), '3m');
  assert.equal(ageText(undefined, now), '<unknown>');
  assert.equal(ageText('soon', now), '<invalid>');
});

test('a repeated event shows its series', () => {
  const now = 1_000_000;
  const once = { count: 1, firstSeen: now - 3 * S, lastSeen: now - 3 * S };
  assert.equal(seriesAge(once, now), '3s');
  const often = { count: 14, firstSeen: now - 2 * M, lastSeen: now - 3 * S };
  assert.equal(seriesAge(often, now), '3s (x14 over 2m)');
});

test('a list has upper-case headers and three spaces between columns', () => {
  const lines = listTable(
    ['Name', 'Mode', 'Age'],
    [
      ['web', 'Enforce', '5m'],
      ['a-longer-name', '', '3h'],
    ],
  );
  assert.deepEqual(lines, [
    'NAME            MODE      AGE',
    'web             Enforce   5m',
    'a-longer-name             3h',
  ]);
});

test('tables inside descriptions are underlined and two spaces apart', () => {
  assert.deepEqual(detailTable(['Type', 'Status'], [['Accepted', 'True']]), [
    'Type      Status',
    '----      ------',
    'Accepted  True',
  ]);
});

test('fields with several values keep them in one column', () => {
  assert.deepEqual(fieldLines([['Name', 'web'], ['Labels', 'a=1', 'b=2'], ['Empty']]), [
    'Name:    web',
    'Labels:  a=1',
    '         b=2',
    'Empty:',
  ]);
});

test('cells cannot steer the terminal or break the table', () => {
  const [, row = ''] = listTable(['a', 'b'], [['x\ny\u001B[31m\u0007', 'z']]);
  assert.equal(row, 'x\\ny\\x1b[31m\\x07   z');
});

test('what is made printable holds no control, no direction mark and no lone surrogate', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.integer({ min: 0xdc80, max: 0xdcff }),
      (text, low) => {
        const shown = printable(`${text}${String.fromCharCode(low)}`);
        assert.equal(Buffer.from(shown).toString(), shown);
        assert.ok(!/[\p{Cc}\u200E\u200F\u202A-\u202E\u2066-\u2069]/u.test(shown));
      },
    ),
  );
  assert.equal(printable('/tmp/\uDCFF\uDC80x'), '/tmp/\\xff\\x80x');
  assert.equal(printable('plain ünïcode 🙂'), 'plain ünïcode 🙂');
});

test('reads the JSONPaths of printer columns', () => {
  const object = {
    spec: { mode: 'Audit' },
    status: {
      conditions: [
        { type: 'A', status: '1' },
        { type: 'B', status: '2' },
      ],
    },
  };
  assert.equal(atJsonPath(object, '.spec.mode'), 'Audit');
  assert.equal(atJsonPath(object, '.status.conditions[?(@.type=="B")].status'), '2');
  assert.equal(atJsonPath(object, '.status.conditions[?(@.type=="C")].status'), undefined);
  assert.equal(atJsonPath({}, '.a.b.c'), undefined);
  assert.throws(() => atJsonPath(object, '.spec[*]'), /not understood/);
});

test('colours are for terminals that want them', () => {
  assert.equal(coloursFor(false, {}).red('x'), 'x');
  assert.equal(coloursFor(true, { NO_COLOR: '1' }).red('x'), 'x');
  assert.equal(coloursFor(true, { TERM: 'dumb' }).red('x'), 'x');
  assert.equal(coloursFor(true, { NO_COLOR: '' }).red('x'), '\u001B[31mx\u001B[39m');
});

test('durations have units and add up', () => {
  assert.equal(durationOf('90s'), 90 * S);
  assert.equal(durationOf('1h30m'), 90 * M);
  assert.equal(durationOf('250ms'), 250);
  for (const wrong of ['', '5', 's', '-5s', '5 s', '1.5h', '5x'])
    assert.equal(durationOf(wrong), undefined, wrong);
});
