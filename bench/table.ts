/** Plain tables for a terminal. */
import type { BenchmarkReport } from './contract.js';

/** Columns padded to their widest cell; those named in `right` are aligned right. */
export const table = (
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string => {
  const widths: number[] = [];
  for (const row of rows)
    for (const [column, cell] of row.entries())
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          right.includes(column)
            ? cell.padStart(widths[column] ?? 0)
            : cell.padEnd(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

/** Four significant digits at most, never in exponent form. */
const figure = (value: number): string =>
  Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));

/** metric, value, unit, baseline, target, met. */
export const metricTable = (metrics: BenchmarkReport['metrics']): string =>
  table(
    [
      ['METRIC', 'VALUE', 'UNIT', 'BASELINE', 'TARGET', 'MET'],
      ...metrics.map(({ name, value, unit, baseline, target, op = '<=', met }) => [
        name,
        figure(value),
        unit,
        baseline === undefined ? '-' : figure(baseline),
        target === undefined ? '-' : `${op} ${figure(target)}`,
        met === undefined ? '-' : met ? 'yes' : 'NO',
      ]),
    ],
    [1, 3, 4],
  );
