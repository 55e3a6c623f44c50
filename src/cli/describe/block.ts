/** The layout of `kubectl describe`: fields, lists and tables that nest by indentation. */
import { printable } from '../print/printable.js';
import { detailTable, fieldLines } from '../print/table.js';

export const NONE = '<none>';

/** A field of one value, or of several that stand below each other. */
export type Field = readonly [name: string, ...values: readonly string[]];

export const indented = (lines: readonly string[]): readonly string[] =>
  lines.map((line) => (line === '' ? line : `  ${line}`));

/** A field for what may be absent. */
export const optional = (name: string, value: string | number | undefined): readonly Field[] =>
  value === undefined ? [] : [[name, String(value)]];

/** `Name:` and its parts below it; `Name:  <none>` without any. */
export const section = (name: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? fieldLines([[name, NONE]]) : [`${name}:`, ...indented(lines)];

/** A list, one item a line. */
export const listSection = (name: string, items: readonly string[]): readonly string[] =>
  section(name, items.map(printable));

export const tableSection = (
  name: string,
  headers: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] => section(name, rows.length === 0 ? [] : detailTable(headers, rows));

/** `key=value`, sorted, as kubectl shows labels. */
export const pairs = (map: Readonly<Record<string, string>> | undefined): readonly string[] => {
  const entries = Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? [NONE] : entries.map(([key, value]) => `${key}=${value}`);
};
