/** Says in Pinfold's words what the check against the schema found. */
import { pathHint } from './path-hint.js';
import type { Finding } from './problem.js';
import type { SchemaError, SchemaKeyword } from './schema-check.js';
import { isRecord } from './schema-walk.js';
import { oneOf } from './suggest.js';

const TYPE_NAMES: Readonly<Record<string, string>> = {
  object: 'a mapping',
  array: 'a list',
  string: 'a string (quote it)',
  integer: 'a whole number',
  boolean: 'true or false',
};

const typeOf = (value: unknown): string => {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  return `a ${typeof value}`;
};

const formOf = ({ schema: { description, pattern = '', title }, data }: SchemaError): string => {
  const hint = title === 'PathPattern' && typeof data === 'string' ? pathHint(data) : undefined;
  return hint ?? `${description} Form: ${pattern}`;
};

type Said = Pick<Finding, 'message' | 'expected'> & Partial<Finding>;

const limit = ({ param }: SchemaError, what: string, bound: string): Said => ({
  message: what,
  expected: `${bound} ${param}`,
});

const sizeOf = (value: unknown): number => {
  if (typeof value === 'string' || Array.isArray(value)) return value.length;
  return isRecord(value) ? Object.keys(value).length : 0;
};

/** Each keyword that the schemas use. */
const sayings: Readonly<Record<SchemaKeyword, (error: SchemaError) => Said>> = {
  required: ({ keys, schema, param }) => ({
    keys: [...keys, param],
    value: undefined,
    message: 'is absent',
    expected: schema.properties?.[param]?.description ?? 'a value',
  }),
  additionalProperties: ({ keys, schema, data, param }) => ({
    keys: [...keys, param],
    value: isRecord(data) ? data[param] : undefined,
    message: 'unknown field',
    expected: oneOf(String(param), Object.keys(schema.properties ?? {})),
    atName: true,
  }),
  enum: ({ data, schema }) => ({
    message: 'is not a value that is known here',
    expected: oneOf(data, (schema.enum ?? []).map(String)),
  }),
  type: ({ data, param }) => ({
    message: `is ${typeOf(data)}`,
    expected: TYPE_NAMES[param] ?? String(param),
  }),
  pattern: (error) => ({ message: 'does not have the required form', expected: formOf(error) }),
  format: ({ schema, param }) => ({
    message: `is not a valid ${param}`,
    expected: schema.description,
  }),
  minLength: (error) =>
    sizeOf(error.data) === 0
      ? { message: 'is empty', expected: error.schema.description }
      : limit(error, `has ${sizeOf(error.data)} characters`, 'at least'),
  maxLength: (error) => limit(error, `has ${sizeOf(error.data)} characters`, 'at most'),
  minItems: (error) => limit(error, `has ${sizeOf(error.data)} items`, 'at least'),
  maxItems: (error) => ({
    ...limit(error, `has ${sizeOf(error.data)} items`, 'at most'),
    value: undefined,
  }),
  maxProperties: (error) => limit(error, `has ${sizeOf(error.data)} fields`, 'at most'),
  minimum: (error) => limit(error, 'is too small', 'at least'),
  maximum: (error) => limit(error, 'is too large', 'at most'),
};

export const findingOf = (error: SchemaError): Finding => ({
  keys: error.keys,
  value: error.data,
  ...sayings[error.keyword](error),
});
