/** The schema check: ajv over the schemas of the CRDs, compiled when a kind is first met. */
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import { isCidr } from './cidr.js';
import { resourceOf, type Kind } from './objects.js';
import type { JsonSchema } from './schema.js';

const EXTENSIONS = [
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-validations',
];

/** The API server drops or refuses fields that a schema does not name; here they are refused. */
const closed = (schema: JsonSchema): JsonSchema => ({
  ...schema,
  ...(schema.items === undefined ? {} : { items: closed(schema.items) }),
  ...(typeof schema.additionalProperties === 'object'
    ? { additionalProperties: closed(schema.additionalProperties) }
    : {}),
  ...(schema.properties === undefined
    ? {}
    : {
        additionalProperties: false,
        properties: Object.fromEntries(
          Object.entries(schema.properties).map(([name, inner]) => [name, closed(inner)]),
        ),
      }),
});

const newAjv = (): Ajv => {
  const ajv = new Ajv({ strict: true, allErrors: true, verbose: true, useDefaults: true });
  ajv.addVocabulary(EXTENSIONS);
  // The default export of a CommonJS module: the plugin itself is one level down for TypeScript.
  formats.default(ajv, ['date-time', 'int32', 'int64']);
  ajv.addFormat('cidr', isCidr);
  return ajv;
};

let shared: Ajv | undefined;
const compiled = new Map<Kind, ValidateFunction>();

const validatorOf = (kind: Kind): ValidateFunction => {
  const known = compiled.get(kind);
  if (known !== undefined) return known;
  shared ??= newAjv();
  const validator = shared.compile(closed(resourceOf(kind).schema));
  compiled.set(kind, validator);
  return validator;
};

/** Checks against the schema of the kind and fills defaults into `value` itself. */
export const schemaErrors = (kind: Kind, value: unknown): readonly ErrorObject[] => {
  const validator = validatorOf(kind);
  return validator(value) ? [] : (validator.errors ?? []);
};
