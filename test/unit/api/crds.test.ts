import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { KINDS, resourceOf, type Kind } from '../../../src/api/objects.js';
import type { JsonSchema } from '../../../src/api/schema.js';
import {
  ACCESSES,
  ARCHITECTURES,
  FORBIDDABLE,
  PROTOCOLS,
  RULE_CLASSES,
} from '../../../src/policy/operation.js';

const root = new URL('../../../', import.meta.url);

interface Place {
  readonly path: string;
  readonly schema: JsonSchema;
}

const placesIn = (schema: JsonSchema, path: string): readonly Place[] => [
  { path, schema },
  ...Object.entries(schema.properties ?? {}).flatMap(([name, inner]) =>
    placesIn(inner, `${path}.${name}`),
  ),
  ...(schema.items === undefined ? [] : placesIn(schema.items, `${path}[]`)),
  ...(typeof schema.additionalProperties === 'object'
    ? placesIn(schema.additionalProperties, `${path}{}`)
    : []),
];

const places = KINDS.flatMap((kind) => placesIn(resourceOf(kind).schema, kind));
// metadata is Pinfold's own schema, as a CRD may not say anything of it.
const own = places.filter(({ path }) => !/^\w+\.metadata/.test(path));

const pathsWhere = (wrong: (schema: JsonSchema) => boolean): readonly string[] =>
  own.filter(({ schema }) => wrong(schema)).map(({ path }) => path);

const at = (kind: Kind, path: string): JsonSchema => {
  const found = places.find((place) => place.path === `${kind}.${path}`);
  assert.ok(found, `${kind}.${path}`);
  return found.schema;
};

interface Crd {
  readonly spec: {
    readonly names: { readonly categories: readonly string[]; readonly shortNames: unknown };
    readonly versions: readonly { readonly subresources?: unknown }[];
  };
}

const crdOf = (kind: Kind): Crd =>
  parse(readFileSync(new URL(`crds/${resourceOf(kind).plural}.yaml`, root), 'utf8')) as Crd;

describe('CRDs', () => {
  it('describe every field', () => {
    assert.ok(own.length > 300);
    assert.deepEqual(
      pathsWhere(({ description }) => (description as string | undefined) === undefined),
      [],
    );
  });

  it('bound every list, and say what its order means', () => {
    const wrong = pathsWhere(
      (schema) =>
        schema.type === 'array' &&
        (schema.maxItems === undefined || schema['x-kubernetes-list-type'] === undefined),
    );
    assert.deepEqual(wrong, []);
  });

  it('bound the length of every string that has no other form', () => {
    const wrong = pathsWhere(
      ({ type, maxLength, enum: known, format }) =>
        type === 'string' &&
        known === undefined &&
        format !== 'date-time' &&
        maxLength === undefined,
    );
    assert.deepEqual(wrong, []);
  });

  it('key the lists of rules by path', () => {
    for (const list of ['exec.allow', 'exec.deny', 'files.allow', 'files.deny'])
      assert.deepEqual(at('SecurityProfile', `spec.rules.${list}`)['x-kubernetes-list-map-keys'], [
        'path',
      ]);
  });

  it('have a message of the agreed form for every rule', () => {
    const rules = own.flatMap(({ schema }) => schema['x-kubernetes-validations'] ?? []);
    assert.ok(rules.length > 20);
    for (const { message } of rules) assert.match(message, /^[^;]+; expected [^;]+$/);
  });

  it('name what the policy code names', () => {
    const rules = (path: string): unknown => at('SecurityProfile', `spec.rules.${path}`).enum;
    assert.deepEqual(rules('files.allow[].access[]'), ACCESSES);
    assert.deepEqual(rules('syscalls.architectures[]'), ARCHITECTURES);
    assert.deepEqual(rules('forbid[]'), FORBIDDABLE);
    assert.deepEqual(rules('network.egress[].ports[].protocol'), PROTOCOLS);
    assert.deepEqual(at('NodeEnforcement', 'status.abilities[].class').enum, RULE_CLASSES);
  });

  it('have the agreed short names, category and status', () => {
    assert.deepEqual(crdOf('SecurityProfile').spec.names.shortNames, ['sp']);
    assert.deepEqual(crdOf('ClusterSecurityProfile').spec.names.shortNames, ['csp']);
    for (const kind of KINDS) assert.deepEqual(crdOf(kind).spec.names.categories, ['pinfold']);
    for (const kind of ['SecurityProfile', 'ClusterSecurityProfile', 'NodeEnforcement'] as const)
      assert.deepEqual(crdOf(kind).spec.versions[0]?.subresources, { status: {} });
  });

  it('have the columns that profiles are listed with, each for a field that exists', () => {
    for (const kind of ['SecurityProfile', 'ClusterSecurityProfile'] as const) {
      const names = resourceOf(kind).columns.map(({ name }) => name);
      for (const name of ['Mode', 'Phase', 'Matched', 'Denied', 'Age'])
        assert.ok(names.includes(name), `${kind} ${name}`);
    }
    for (const kind of KINDS)
      for (const { jsonPath } of resourceOf(kind).columns)
        at(kind, jsonPath.slice(1).replace(/\[.*\]/, '[]'));
  });

  it('are what the generated modules were made from', () => {
    const output = execFileSync(
      process.execPath,
      ['--import', 'tsx', 'scripts/generate-api.ts', '--check'],
      { cwd: root, encoding: 'utf8' },
    );
    assert.equal(output, '');
    const files = KINDS.map((kind) => `${resourceOf(kind).plural}.yaml`).sort();
    const listed = parse(readFileSync(new URL('crds/kustomization.yaml', root), 'utf8')) as {
      readonly resources: readonly string[];
    };
    assert.deepEqual(listed.resources, files);
    assert.deepEqual(
      readdirSync(new URL('crds/', root)).sort(),
      [...files, 'kustomization.yaml'].sort(),
    );
  });
});
