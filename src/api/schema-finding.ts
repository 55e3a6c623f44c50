/** Says in Pinfold's words what ajv found. */
import type { ErrorObject } from 'ajv';
import { pathHint } from './path-hint.js';
import type { Finding, PathKey } from './problem.js';
import { isRecord } from './schema-walk.js';
import type { JsonSchema } from './schema.js';
import { oneOf } from './suggest.js';

/** A JSON pointer as steps into `value`; digits are a position only where a list stands. */
const keysOfPointer = (pointer: string, value: unknown): readonly PathKey[] => {
  let inner: unknown = value;
  return pointer
    .split('/')
    .slice(1)
    .map((part) => {
      const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
      const key = Array.isArray(inner) ? Number(name) : name;
      inner = (inner as Readonly<Record<PathKey, unknown>> | undefined)?.[key];
      return key;
    });
};

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

const schemaOf = (error: ErrorObject): Partial<JsonSchema> =>
  // The schemas given to ajv are of this type, and `verbose` hands them back.
  (error.parentSchema ?? {}) as Partial<JsonSchema>;

const param = (error: ErrorObject, name: string): string =>
  String((error.params as Readonly<Record<string, unknown>>)[name]);

const formOf = (error: ErrorObject): string => {
  const { description = '', pattern = '', title } = schemaOf(error);
  const hint =
    title === 'PathPattern' && typeof error.data === 'string' ? pathHint(error.data) : undefined;
  return hint ?? `${description} Form: ${pattern}`;
};

type Said = Pick<Finding, 'message' | 'expected'> & Partial<Finding>;

const limit = (error: ErrorObject, what: string, bound: string): Said => ({
  message: what,
  expected: `${bound} ${param(error, 'limit')}`,
});

const sizeOf = (value: unknown): number => {
  if (typeof value === 'string' || Array.isArray(value)) return value.length;
  return isRecord(value) ? Object.keys(value).length : 0;
};

/** Each keyword that the schemas use; ajv's own words serve for any other. */
const sayings: Readonly<Record<string, (error: ErrorObject, keys: readonly PathKey[]) => Said>> = {
  required: (error, keys) => {
    const name = param(error, 'missingProperty');
    const description = schemaOf(error).properties?.[name]?.description ?? 'a value';
    return { keys: [...keys, name], value: undefined, message: 'is absent', expected: description };
  },
  additionalProperties: (error, keys) => {
    const name = param(error, 'additionalProperty');
    const known = Object.keys(schemaOf(error).properties ?? {});
    const value = isRecord(error.data) ? error.data[name] : undefined;
    return {
      keys: [...keys, name],
      value,
      message: 'unknown field',
      expected: oneOf(name, known),
      atName: true,
    };
  },
  enum: (error) => ({
    message: 'is not a value that is known here',
    expected: oneOf(error.data, (schemaOf(error).enum ?? []).map(String)),
  }),
  type: (error) => ({
    message: `is ${typeOf(error.data)}`,
    expected: TYPE_NAMES[param(error, 'type')] ?? param(error, 'type'),
  }),
  pattern: (error) => ({ message: 'does not have the required form', expected: formOf(error) }),
  format: (error) => ({
    message: `is not a valid ${param(error, 'format')}`,
    expected: schemaOf(error).description ?? param(error, 'format'),
  }),
  minLength: (error) =>
    sizeOf(error.data) === 0
      ? { message: 'is empty', expected: schemaOf(error).description ?? 'a value' }
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

/** One finding for each error of ajv; `value` is the object that was checked. */
export const findingOf = (error: ErrorObject, value: unknown): Finding => {
  const keys = keysOfPointer(error.instancePath, value);
  const say = sayings[error.keyword];
  const said: Said = say?.(error, keys) ?? {
    message: error.message ?? error.keyword,
    expected: schemaOf(error).description ?? error.keyword,
  };
  return { keys, value: error.data, ...said };
};
