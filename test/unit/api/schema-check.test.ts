/** The check against the schemas says what ajv says, which compiles them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import fc from 'fast-check';
import { parse } from 'yaml';
import { isCidr } from '../../../src/api/cidr.js';
import { FORMATS } from '../../../src/api/formats.js';
import { KINDS, resourceOf, type Kind } from '../../../src/api/objects.js';
import { schemaErrors } from '../../../src/api/schema-check.js';
import type { JsonSchema } from '../../../src/api/schema.js';
import { EXAMPLES } from './examples.js';

/** Fields that a schema does not name are refused: for ajv the schema has to say so. */
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
  const ajv = new Ajv({ strict: true, allErrors: true, useDefaults: true });
  ajv.addVocabulary([
    'x-kubernetes-list-type',
    'x-kubernetes-list-map-keys',
    'x-kubernetes-validations',
  ]);
  formats.default(ajv, ['date-time', 'int32', 'int64']);
  ajv.addFormat('cidr', isCidr);
  return ajv;
};

const ajv = newAjv();
/** Compiling in strict mode refuses schemas with keywords that nobody would check. */
const compiled = new Map<Kind, ValidateFunction>(
  KINDS.map((kind) => [kind, ajv.compile(closed(resourceOf(kind).schema))]),
);

const pointer = (keys: readonly (string | number)[]): string =>
  keys.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

const ajvParam = ({ keyword, params }: ErrorObject): string => {
  const { missingProperty, additionalProperty, limit, type, pattern, format } = params as Readonly<
    Record<string, unknown>
  >;
  const param = missingProperty ?? additionalProperty ?? limit ?? type ?? pattern ?? format;
  return keyword === 'enum' ? '' : String(param);
};

/** Of a value of the wrong type ours says nothing else. */
const ofAjv = (errors: readonly ErrorObject[]): readonly string[] => {
  const mistyped = new Set(
    errors.filter(({ keyword }) => keyword === 'type').map(({ instancePath }) => instancePath),
  );
  return errors
    .filter(({ keyword, instancePath }) => keyword === 'type' || !mistyped.has(instancePath))
    .map((error) => `${error.keyword} ${error.instancePath} ${ajvParam(error)}`)
    .sort();
};

const ofOurs = (kind: Kind, value: unknown): readonly string[] =>
  schemaErrors(kind, value)
    .map(
      ({ keyword, keys, param }) =>
        `${keyword} ${pointer(keys)} ${keyword === 'enum' ? '' : String(param)}`,
    )
    .sort();

const compare = (kind: Kind, value: unknown): readonly string[] => {
  const [one, other] = [structuredClone(value), structuredClone(value)];
  const validate = compiled.get(kind);
  assert.ok(validate);
  validate(one);
  const expected = ofAjv(validate.errors ?? []);
  assert.deepEqual(ofOurs(kind, other), expected);
  assert.deepEqual(other, one, 'defaults');
  return expected;
};

type Holder = Record<string | number, unknown>;

const isHolder = (value: unknown): value is Holder => typeof value === 'object' && value !== null;

/** Every place below a value, as the object or list that holds it and the key there. */
const placesIn = (value: unknown): readonly (readonly [Holder, string])[] =>
  isHolder(value)
    ? Object.keys(value).flatMap((key) => [[value, key] as const, ...placesIn(value[key])])
    : [];

const STRINGS = [
  ...['', 'a', 'A b', '/', '/a/**/b', '/usr/bin/*', 'x'.repeat(300), '😀'.repeat(200), '\ud800'],
  ...['Audit', 'Enforce', 'Read', 'TCP', 'x86_64', 'EPERM', 'Latest', '10.0.0.0/8', '::/0', '1/1'],
  ...['2026-01-02T03:04:05Z', '2026-13-02T03:04:05Z', '2026-01-02T03:04:05'],
];
const NUMBERS = [0, -1, 1, 1.5, 80, 65_536, 2 ** 31, -(2 ** 31), 2 ** 53, 1e300];

const replacement = fc.oneof(
  fc.constantFrom(...STRINGS, ...NUMBERS, true, null, undefined),
  fc.constantFrom({}, [], [{}], ['Read', 7], { name: 'a' }, { path: '/a', access: ['Read'] }),
  fc.jsonValue({ maxDepth: 2 }),
);

type Change = readonly ['put' | 'add' | 'remove', number, unknown];

const change: fc.Arbitrary<Change> = fc.tuple(
  fc.constantFrom('put', 'add', 'remove'),
  fc.nat(),
  replacement,
);

const changed = (start: unknown, changes: readonly Change[]): unknown => {
  const root: Holder = { start: structuredClone(start) };
  for (const [how, where, value] of changes) {
    const places = placesIn(root);
    const [holder, key] = places[where % places.length] ?? [root, 'start'];
    const inner = holder[key];
    if (how === 'put' || holder === root) holder[key] = structuredClone(value);
    else if (how === 'remove' && Array.isArray(holder)) holder.splice(Number(key), 1);
    else if (how === 'remove') Reflect.deleteProperty(holder, key);
    else if (Array.isArray(inner)) inner.push(structuredClone(value));
    else if (isHolder(inner)) inner[`more${where % 3}`] = structuredClone(value);
  }
  return root.start;
};

describe('check against the schema', () => {
  for (const kind of KINDS) {
    it(`finds what ajv finds in changed objects of kind ${kind}`, () => {
      const keywords = new Set<string>();
      const example: unknown = parse(EXAMPLES[kind]);
      assert.deepEqual(compare(kind, example), []);
      fc.assert(
        fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
          for (const error of compare(kind, changed(example, changes)))
            keywords.add(error.split(' ')[0] ?? '');
        }),
        { numRuns: 400 },
      );
      for (const keyword of ['type', 'required', 'additionalProperties', 'pattern'])
        assert.ok(keywords.has(keyword), keyword);
    });

    it(`finds what ajv finds in no object at all: ${kind}`, () => {
      fc.assert(
        fc.property(fc.jsonValue(), (value) => {
          compare(kind, value);
        }),
      );
    });
  }
});

describe('formats', () => {
  const dateTime = ajv.compile({ type: 'string', format: 'date-time' });
  const two = (most: number): fc.Arbitrary<string> =>
    fc.nat(most).map((number) => String(number).padStart(2, '0'));

  it('take the times that ajv takes', () => {
    let valid = 0;
    const zone = fc.oneof(
      fc.constantFrom('Z', 'z', '', '+00:00', '-0100'),
      fc.tuple(two(25), two(61)).map(([hours, minutes]) => `+${hours}:${minutes}`),
      fc.tuple(two(25), two(61)).map(([hours, minutes]) => `-${hours}:${minutes}`),
    );
    const date = fc.tuple(fc.constantFrom('2023', '2024', '1900', '2000'), two(13), two(32));
    const time = fc.tuple(two(24), two(60), fc.oneof(two(61), fc.constantFrom('60', '1.5', '01.')));
    fc.assert(
      fc.property(
        date,
        fc.constantFrom('T', 't', '_'),
        time,
        zone,
        (days, middle, parts, place) => {
          const text = `${days.join('-')}${middle}${parts.join(':')}${place}`;
          const expected = dateTime(text);
          if (expected) valid += 1;
          assert.equal(FORMATS['date-time']?.(text), expected, text);
        },
      ),
      { numRuns: 5000 },
    );
    assert.ok(valid > 100);
    for (const text of ['2016-12-31T23:59:60Z', '2016-12-31T15:59:60-08:00'])
      assert.deepEqual([dateTime(text), FORMATS['date-time']?.(text)], [true, true]);
  });
});
