/** Equality of plain data, whatever the order of its keys. */
import type { PinfoldObject } from '../api/objects.js';

const sorted = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : Number(a > b))))
    : value;

/** JSON with sorted keys: equal for equal data. */
export const canonical = (value: object): string => JSON.stringify(value, sorted);

/** What a change of raises `metadata.generation`: all but metadata and status. */
export const specText = (object: PinfoldObject): string =>
  canonical({ ...object, metadata: undefined, status: undefined });
