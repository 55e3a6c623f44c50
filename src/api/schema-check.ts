/** The schema check: ajv over the schemas of the CRDs, compiled when a kind is first met. */
import { Ajv, type ErrorObject, type SchemaObject, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import { isCidr } from './cidr.js';
import { resourceOf, type Kind } from './objects.js';
import type { JsonSchema } from './schema.js';

const EXTENSIONS = [
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-validations',
];

const newAjv = (): Ajv => {
  const ajv = new Ajv({
    strict: true,
    allErrors: true,
    verbose: true,
    useDefaults: true,
    inlineRefs: false,
  });
  ajv.addVocabulary(EXTENSIONS);
  // The default export of a CommonJS module: the plugin itself is one level down for TypeScript.
  formats.default(ajv, ['date-time', 'int32', 'int64']);
  ajv.addFormat('cidr', isCidr);
  return ajv;
};

/** Equal parts of all schemas have one name, and are compiled once: most kinds hold the same rules. */
class Schemas {
  readonly #ajv = newAjv();
  readonly #names = new Map<string, string>();

  compile(schema: JsonSchema): ValidateFunction {
    return this.#ajv.compile(this.#closed(schema));
  }

  /** The schema with its parts named. The API server drops or refuses fields that it lacks; here they are refused. */
  #closed(schema: JsonSchema): SchemaObject {
    const { items, properties, additionalProperties } = schema;
    return {
      ...schema,
      ...(items === undefined ? {} : { items: this.#named(items) }),
      ...(typeof additionalProperties === 'object'
        ? { additionalProperties: this.#named(additionalProperties) }
        : {}),
      ...(properties === undefined
        ? {}
        : {
            additionalProperties: false,
            properties: Object.fromEntries(
              Object.entries(properties).map(([name, inner]) => [name, this.#named(inner)]),
            ),
          }),
    };
  }

  /** Small ones stay where they are. A default is that of the place; a description is looked for there too. */
  #named(schema: JsonSchema): SchemaObject {
    const { default: fallback, ...rest } = schema;
    const part = this.#closed(rest);
    const place = fallback === undefined ? {} : { default: fallback };
    if (!('items' in part) && !('additionalProperties' in part)) return { ...part, ...place };
    const text = JSON.stringify(part);
    let name = this.#names.get(text);
    if (name === undefined) {
      name = `part:${this.#names.size}`;
      this.#names.set(text, name);
      this.#ajv.addSchema(part, name);
    }
    return { $ref: name, description: schema.description, ...place };
  }
}

let schemas: Schemas | undefined;
const compiled = new Map<Kind, ValidateFunction>();

const validatorOf = (kind: Kind): ValidateFunction => {
  const known = compiled.get(kind);
  if (known !== undefined) return known;
  schemas ??= new Schemas();
  const validator = schemas.compile(resourceOf(kind).schema);
  compiled.set(kind, validator);
  return validator;
};

/** Checks against the schema of the kind and fills defaults into `value` itself. */
export const schemaErrors = (kind: Kind, value: unknown): readonly ErrorObject[] => {
  const validator = validatorOf(kind);
  return validator(value) ? [] : (validator.errors ?? []);
};
