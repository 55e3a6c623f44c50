/** What list types promise: a set holds each item once, a list-map each key once. */
import type { Finding } from './problem.js';
import { isList, isRecord, isTooLong, type Visit } from './schema-walk.js';
import type { JsonSchema } from './schema.js';

const keyOf = (item: unknown, names: readonly string[]): unknown =>
  isRecord(item) ? names.map((name) => item[name]) : item;

const firstPlaces = (items: readonly unknown[]): ReadonlyMap<string, number> =>
  new Map(items.map((item, index) => [JSON.stringify(item), index] as const).reverse());

const repeated = (
  schema: JsonSchema,
  items: readonly unknown[],
): readonly { readonly index: number; readonly first: number }[] => {
  const names = schema['x-kubernetes-list-map-keys'] ?? [];
  const keys = items.map((item) => keyOf(item, names));
  const first = firstPlaces(keys);
  return keys.flatMap((key, index) => {
    const place = first.get(JSON.stringify(key));
    return place === undefined || place === index ? [] : [{ index, first: place }];
  });
};

/** Items of this list that stand in it twice. Other values have none. */
export const repeatedItems = ({ schema, value, keys }: Visit): readonly Finding[] => {
  const type = schema['x-kubernetes-list-type'];
  if (!isList(value) || isTooLong(value, schema) || (type !== 'set' && type !== 'map')) return [];
  const names = (schema['x-kubernetes-list-map-keys'] ?? []).join(' and ');
  return repeated(schema, value).map(({ index, first }) => ({
    keys: [...keys, index],
    value: value[index],
    message: type === 'set' ? `repeats item ${first}` : `has the ${names} of item ${first}`,
    expected: type === 'set' ? 'each item once' : `one item for each ${names}`,
  }));
};
