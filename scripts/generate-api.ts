/**
 * Makes src/api/generated from crds/: TypeScript types, and the schemas as a module so that a build
 * needs no crds/ folder. `--check` writes nothing and fails where the files differ.
 *
 * A schema with a `title` becomes a named type; equal titles must be equal schemas.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { compile, type JSONSchema } from 'json-schema-to-typescript';
import { format, resolveConfig } from 'prettier';
import ts from 'typescript';
import { parse } from 'yaml';
import { METADATA_SCHEMA } from '../src/api/metadata.js';
import { hasErrno } from '../src/errors.js';

type Json = Readonly<Record<string, unknown>>;

interface CustomResource {
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly scope: string;
  readonly columns: readonly Json[];
  readonly schema: Json;
}

const root = new URL('..', import.meta.url);
const BANNER = '// Generated from crds/ by scripts/generate-api.ts: change it there.\n';

/** Name of the type that only holds the others while they are made. */
const HOLDER = 'Everything';

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const at = (value: unknown, ...path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>(
    (inner, key) =>
      isObject(inner)
        ? inner[key]
        : Array.isArray(inner)
          ? (inner as readonly unknown[])[Number(key)]
          : undefined,
    value,
  );

const strings = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.map(String) : [];

/** What the API server adds by itself: the fixed apiVersion and kind, and the schema of metadata. */
const completed = (schema: Json, kind: string, apiVersion: string): Json => {
  const properties = isObject(schema.properties) ? schema.properties : {};
  const fixed = (name: string, value: string): Json => ({
    ...(isObject(properties[name]) ? properties[name] : {}),
    enum: [value],
  });
  return {
    ...schema,
    properties: {
      ...properties,
      apiVersion: fixed('apiVersion', apiVersion),
      kind: fixed('kind', kind),
      metadata: METADATA_SCHEMA,
    },
  };
};

const readCustomResource = (file: URL): CustomResource => {
  const crd: unknown = parse(readFileSync(file, 'utf8'));
  const schema = at(crd, 'spec', 'versions', 0, 'schema', 'openAPIV3Schema');
  const columns = at(crd, 'spec', 'versions', 0, 'additionalPrinterColumns');
  if (!isObject(schema) || !Array.isArray(columns)) throw new Error(`${file.href}: not a CRD`);
  const name = (key: string): string => String(at(crd, 'spec', 'names', key));
  const apiVersion = `${String(at(crd, 'spec', 'group'))}/${String(at(crd, 'spec', 'versions', 0, 'name'))}`;
  return {
    kind: name('kind'),
    plural: name('plural'),
    singular: name('singular'),
    shortNames: strings(at(crd, 'spec', 'names', 'shortNames')),
    scope: String(at(crd, 'spec', 'scope')),
    columns: columns.filter(isObject),
    schema: completed(schema, name('kind'), apiVersion),
  };
};

/** Every titled schema by title, inner ones before those that hold them. */
const titledSchemas = (resources: readonly CustomResource[]): ReadonlyMap<string, Json> => {
  const found = new Map<string, Json>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    if (!isObject(value)) return;
    Object.values(value).forEach(visit);
    const title = value.title;
    if (typeof title !== 'string') return;
    const known = found.get(title);
    if (known !== undefined && !isDeepStrictEqual(known, value))
      throw new Error(`two different schemas have the title ${title}`);
    found.set(title, value);
  };
  resources.forEach(({ schema }) => {
    visit(schema);
  });
  return found;
};

/** A copy in which each titled schema below the top is replaced by what `refer` makes of its title. */
const withReferences = (schema: Json, refer: (title: string) => unknown): Json => {
  const replace = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(replace);
    if (!isObject(value)) return value;
    return typeof value.title === 'string' ? refer(value.title) : descend(value);
  };
  const descend = (value: Json): Json =>
    Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, replace(inner)]));
  return descend(schema);
};

/** A validated object has its defaults filled in, so its type has those fields for certain. */
const defaultsRequired = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(defaultsRequired);
  if (!isObject(value)) return value;
  const copy = Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, defaultsRequired(inner)]),
  );
  if (!isObject(value.properties)) return copy;
  const filled = Object.entries(value.properties)
    .filter(([, property]) => isObject(property) && 'default' in property)
    .map(([name]) => name);
  return {
    ...copy,
    additionalProperties: value.additionalProperties ?? false,
    required: [...new Set([...strings(value.required), ...filled])],
  };
};

/** Puts `readonly` before every property and array, which the type generator cannot. */
const madeReadonly = (source: string): string => {
  const file = ts.createSourceFile('types.ts', source, ts.ScriptTarget.ES2023, true);
  const places: number[] = [];
  const visit = (node: ts.Node): void => {
    if (
      ts.isPropertySignature(node) ||
      ts.isIndexSignatureDeclaration(node) ||
      ts.isArrayTypeNode(node)
    )
      places.push(node.getStart(file));
    node.forEachChild(visit);
  };
  visit(file);
  return places
    .sort((a, b) => b - a)
    .reduce((text, place) => `${text.slice(0, place)}readonly ${text.slice(place)}`, source);
};

const typesModule = async (titled: ReadonlyMap<string, Json>): Promise<string> => {
  const refer = (title: string): Json => ({ $ref: `#/definitions/${title}` });
  const definitions = Object.fromEntries(
    [...titled].map(([title, schema]) => [title, defaultsRequired(withReferences(schema, refer))]),
  );
  const everything = { type: 'object', additionalProperties: false, definitions } as JSONSchema;
  const types = await compile(everything, HOLDER, {
    bannerComment: '',
    additionalProperties: false,
    ignoreMinAndMaxItems: true,
    unreachableDefinitions: true,
    format: false,
  });
  const described = types
    .replace(new RegExp(`export interface ${HOLDER} \\{\\s*\\}\\s*`), '')
    .replace(
      /\n\s*\*\s*\n\s*\* This interface was referenced [^\n]*\n\s*\* via the `definition`[^\n]*/g,
      '',
    );
  return madeReadonly(described);
};

const schemasModule = (
  resources: readonly CustomResource[],
  titled: ReadonlyMap<string, Json>,
): string => {
  const mark = (title: string): string => `<<${title}>>`;
  const constants = [...titled].map(([title, schema]) => {
    const body = JSON.stringify(withReferences(schema, mark)).replace(/"<<(\w+)>>"/g, 'schema$1');
    return `const schema${title}: JsonSchema = ${body};\n`;
  });
  const entries = resources.map(
    ({ schema, ...names }) =>
      `  ${names.kind}: ${JSON.stringify(names).slice(0, -1)}, "schema": schema${String(schema.title)}},`,
  );
  return `import type { JsonSchema, ResourceInfo } from '../schema.js';

${constants.join('\n')}
export const RESOURCES = {
${entries.join('\n')}
} as const satisfies Readonly<Record<string, ResourceInfo>>;
`;
};

const generate = async (): Promise<ReadonlyMap<URL, string>> => {
  const folder = new URL('crds/', root);
  const resources = readdirSync(folder)
    .filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml')
    .sort()
    .map((name) => readCustomResource(new URL(name, folder)));
  const titled = titledSchemas(resources);
  const style = (await resolveConfig(new URL('package.json', root))) ?? {};
  const pretty = (text: string): Promise<string> =>
    format(BANNER + text, { ...style, parser: 'typescript' });
  return new Map([
    [new URL('src/api/generated/types.ts', root), await pretty(await typesModule(titled))],
    [
      new URL('src/api/generated/resources.ts', root),
      await pretty(schemasModule(resources, titled)),
    ],
  ]);
};

const readOrEmpty = (file: URL): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    if (hasErrno(thrown, 'ENOENT')) return '';
    throw thrown;
  }
};

const stale = [...(await generate())].filter(([file, text]) => readOrEmpty(file) !== text);
if (!process.argv.includes('--check'))
  stale.forEach(([file, text]) => {
    writeFileSync(file, text);
  });
else if (stale.length > 0) {
  const names = stale.map(([file]) => file.href.slice(root.href.length)).join(', ');
  process.stderr.write(`${names}: not what crds/ gives; run scripts/generate-api.ts\n`);
  process.exitCode = 1;
}
