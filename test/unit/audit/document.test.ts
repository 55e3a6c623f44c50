/** docs/audit-record.md, docs/audit-record.schema.json and the code say the same. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { RECORD_JSON_SCHEMA } from '../../../src/audit/schema.js';
import { RecordSerialiser } from '../../../src/audit/serialise.js';
import { anyRecord } from './arbitraries.js';
import { examples } from './examples.js';

const read = (name: string): string =>
  readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');

const schema = JSON.parse(read('audit-record.schema.json')) as Record<string, unknown>;
const validate = new Ajv2020({ strict: true, strictRequired: false }).compile(schema);

test('the published schema is the one that the reader uses', () => {
  assert.deepEqual(schema, JSON.parse(JSON.stringify(RECORD_JSON_SCHEMA)));
});

const serialiser = new RecordSerialiser();
const document = read('audit-record.md');

for (const [title, record] of examples) {
  test(`the example "${title}" is in the document, is what is written, and fits the schema`, () => {
    const line = serialiser.line(record);
    assert.ok(document.includes(`### ${title}\n`), `no heading: ${title}`);
    assert.ok(document.includes(`\`\`\`text\n${line}\`\`\``), `the document lacks: ${line}`);
    assert.ok(validate(JSON.parse(line)), JSON.stringify(validate.errors));
  });
}

test('every record that can be written fits the published schema', () => {
  fc.assert(
    fc.property(anyRecord, (record) => {
      assert.ok(validate(JSON.parse(serialiser.line(record))), JSON.stringify(validate.errors));
    }),
    { numRuns: 1000 },
  );
});

test('every field of the schema is explained in the document', () => {
  const names = new Set<string>();
  const collect = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('properties' in value && value.properties !== null) {
      for (const name of Object.keys(value.properties as object)) names.add(name);
    }
    Object.values(value).forEach(collect);
  };
  collect(schema);
  assert.ok(names.size > 40);
  assert.deepEqual(
    [...names].filter((name) => !document.includes(`\`${name}\``)),
    [],
  );
});
