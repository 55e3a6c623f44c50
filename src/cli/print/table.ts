/** Columns as Go's tabwriter lays them out, which is what kubectl's output looks like. */
import { printable } from './printable.js';

interface Layout {
  /** Spaces between a column's widest cell and the next column. */
  readonly padding: number;
  /** No column but the last is narrower, padding included. */
  readonly minimum: number;
}

/** kubectl get. */
const LIST: Layout = { padding: 3, minimum: 6 };
/** kubectl describe. */
const DETAILS: Layout = { padding: 2, minimum: 0 };

const widthOf = (text: string): number => Array.from(text).length;

const laidOut = (rows: readonly (readonly string[])[], layout: Layout): readonly string[] => {
  const safe = rows.map((row) => row.map(printable));
  const columns = Math.max(0, ...safe.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) => {
    const widest = Math.max(0, ...safe.map((row) => widthOf(row[column] ?? '')));
    return Math.max(widest + layout.padding, layout.minimum);
  });
  return safe.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell)))
      .join('')
      .trimEnd(),
  );
};

/** Lines of a list: upper-case headers, then rows. Cells are made safe for a terminal. */
export const listTable = (
  headers: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] => laidOut([headers.map((header) => header.toUpperCase()), ...rows], LIST);

/** Lines of a table inside a description: headers underlined with dashes. */
export const detailTable = (
  headers: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] =>
  laidOut([headers, headers.map((header) => '-'.repeat(header.length)), ...rows], DETAILS);

/** Lines `Name:  value`, the values in one column; a value of several lines stays in it. */
export const fieldLines = (
  fields: readonly (readonly [name: string, ...values: readonly string[]])[],
): readonly string[] => {
  const rows = fields.flatMap(([name, first = '', ...more]) => [
    [`${name}:`, first],
    ...more.map((value) => ['', value]),
  ]);
  return laidOut(rows, DETAILS);
};
