import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { operationOf, parseRecord, readRecords } from '../../../src/audit/read.js';
import type { ReadResult } from '../../../src/audit/read.js';
import { RecordSerialiser } from '../../../src/audit/serialise.js';
import { PinfoldError } from '../../../src/errors.js';
import { examples, violationExample } from './examples.js';

const line = new RecordSerialiser().line(violationExample).trimEnd();

const bad: readonly (readonly [string, string, string, RegExp])[] = [
  ['empty', '', 'RecordInvalid', /:7: .*JSON/],
  ['cut', line.slice(0, -9), 'RecordInvalid', /JSON/],
  ['a list', '[]', 'RecordInvalid', /not a JSON object/],
  ['another format', '{"a":1}', 'RecordInvalid', /no schema field/],
  ['a newer version', line.replace('/v1', '/v2'), 'RecordVersionUnknown', /audit\/v2.*audit\/v1/],
  ['unknown kind', line.replace('"violation"', '"x"'), 'RecordInvalid', /kind or operation/],
  ['prototype name', line.replace('"File"', '"toString"'), 'RecordInvalid', /kind or operation/],
  ['unknown field', line.replace('"cpu"', '"cpux":1,"cpu"'), 'RecordInvalid', /unknown field cpux/],
  ['missing field', line.replace('"cpu":1,', ''), 'RecordInvalid', /required property 'cpu'/],
  ['wrong word', line.replace('"Denied"', '"Refused"'), 'RecordInvalid', /outcome.*WouldDeny/],
  ['wrong type', line.replace('"cpu":1', '"cpu":"1"'), 'RecordInvalid', /cpu must be integer/],
  ['no date', line.replace('2025-10-09', '2025-13-39'), 'RecordInvalid', /no real date/],
  ['too long', line + ' '.repeat(9000), 'RecordInvalid', /longer than 8192/],
];

for (const [name, text, code, message] of bad) {
  test(`refuses a record: ${name}`, () => {
    assert.throws(
      () => parseRecord(text, { file: 'audit.log', line: 7 }),
      (error) =>
        error instanceof PinfoldError && error.code === code && message.test(error.message),
    );
  });
}

const all = async (chunks: readonly (string | Uint8Array)[]): Promise<ReadResult[]> => {
  const results: ReadResult[] = [];
  for await (const result of readRecords(Readable.from(chunks), 'audit.log')) results.push(result);
  return results;
};

test('reads lines however the stream is cut, and goes on after one that is wrong', async () => {
  const euro = { ...violationExample, node: 'kn\u00f6ten-\u20ac' };
  const good = new RecordSerialiser().line(euro);
  const bytes = Buffer.from(`${good}{oops}\n\n${good}${good.trimEnd()}`);
  for (const size of [1, 7, 100, bytes.length]) {
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
    const results = await all(chunks);
    assert.deepEqual(
      results.map(({ kind, line: number }) => `${kind} ${number}`),
      ['Record 1', 'Invalid 2', 'Record 4', 'Record 5'],
    );
    const [first] = results;
    assert.ok(first?.kind === 'Record');
    assert.deepEqual(first.record, euro);
  }
});

test('a line without end costs no memory and spoils nothing after it', async () => {
  const flood = Array.from({ length: 200 }, () => 'x'.repeat(10_000));
  const results = await all([...flood, '\n', `${line}\n`]);
  assert.deepEqual(
    results.map(({ kind }) => kind),
    ['Invalid', 'Record'],
  );
});

test('every example gives its operation, or says that it has none', () => {
  for (const record of examples.values()) {
    const again = parseRecord(new RecordSerialiser().line(record));
    assert.deepEqual(again, record);
    if (record.kind === 'violation') assert.deepEqual(operationOf(again), record.operation);
    else {
      assert.throws(
        () => operationOf(again),
        (error) => error instanceof PinfoldError && error.code === 'RecordNotViolation',
      );
    }
  }
});
