/** Goes through a value and its schema together. */
import type { PathKey } from './problem.js';
import type { JsonSchema } from './schema.js';

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

/** The schema of a field, or undefined where the schema does not know it. */
export const schemaOfField = (schema: JsonSchema, name: string): JsonSchema | undefined => {
  const properties = schema.properties ?? {};
  if (Object.hasOwn(properties, name)) return properties[name];
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
};

export interface Visit {
  readonly schema: JsonSchema;
  readonly value: unknown;
  /** What stood there in the stored object; undefined where there was none. */
  readonly old: unknown;
  readonly keys: readonly PathKey[];
}

/** Whether a list is refused for its length alone; its items are then not looked at. */
export const isTooLong = (list: readonly unknown[], { maxItems }: JsonSchema): boolean =>
  maxItems !== undefined && list.length > maxItems;

/** Visits every value that has a schema, outer ones first. Old values are followed by field name only. */
export const walk = (start: Visit, visit: (place: Visit) => void): void => {
  visit(start);
  const { schema, value, old, keys } = start;
  const { items } = schema;
  if (isList(value) && items !== undefined && !isTooLong(value, schema))
    value.forEach((item, index) => {
      walk({ schema: items, value: item, old: undefined, keys: [...keys, index] }, visit);
    });
  if (!isRecord(value)) return;
  for (const [name, field] of Object.entries(value)) {
    const inner = schemaOfField(schema, name);
    if (inner === undefined) continue;
    const before = isRecord(old) ? old[name] : undefined;
    walk({ schema: inner, value: field, old: before, keys: [...keys, name] }, visit);
  }
};
