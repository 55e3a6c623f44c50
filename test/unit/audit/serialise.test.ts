import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RecordBatch, writeRecords } from '../../../src/audit/batch.js';
import { cloak, isCloaked, uncloak } from '../../../src/policy/cloak.js';
import { operationOf, parseRecord } from '../../../src/audit/read.js';
import { MAX_RECORD_BYTES } from '../../../src/audit/record.js';
import type { AuditRecord, ViolationRecord } from '../../../src/audit/record.js';
import { RecordSerialiser } from '../../../src/audit/serialise.js';
import { toWire } from '../../../src/audit/wire.js';
import { anyRecord } from './arbitraries.js';
import { violationExample } from './examples.js';

/** What reading gives for names of ours that held stray surrogates. */
const reread = (record: AuditRecord): AuditRecord =>
  parseRecord(new RecordSerialiser().line(record));

test('bytes survive the way through a string', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const text = cloak(bytes);
      assert.deepEqual(uncloak(text), Buffer.from(bytes));
      const valid = Buffer.from(Buffer.from(bytes).toString('utf8')).equals(Buffer.from(bytes));
      assert.equal(isCloaked(text), !valid);
    }),
    { numRuns: 1000 },
  );
});

test('a line holds exactly the reference object, in ASCII-safe JSON of one line', () => {
  const serialiser = new RecordSerialiser();
  fc.assert(
    fc.property(anyRecord, (record) => {
      const line = serialiser.line(record);
      assert.deepEqual(JSON.parse(line), toWire(record));
      assert.equal(line.indexOf('\n'), line.length - 1);
      assert.ok(!isCloaked(line));
      assert.doesNotMatch(line.slice(0, -1), /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
    }),
    { numRuns: 2000 },
  );
});

test('the same text comes from warm and from cold caches', () => {
  const warm = new RecordSerialiser();
  fc.assert(
    fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 5 }), (records) => {
      for (const record of [...records, ...records]) {
        assert.equal(warm.line(record), new RecordSerialiser().line(record));
      }
    }),
    { numRuns: 200 },
  );
});

test('shared subject, rule and program do not leak from one record into the next', () => {
  const serialiser = new RecordSerialiser();
  const rule = {
    profile: 'base',
    class: 'files',
    list: 'deny',
    index: 0,
    text: '/etc/shadow',
  } as const;
  const variants: ViolationRecord[] = [
    { ...violationExample, rule },
    { ...violationExample, rule, class: 'exec' },
    { ...violationExample, rule, subject: { profile: 'base', generation: 9 } },
    { ...violationExample, node: 'other' },
    { ...violationExample, process: { ...violationExample.process, comm: 'renamed' } },
    { ...violationExample, mode: 'Audit', outcome: 'WouldDeny', severity: 'Low' },
  ];
  for (const record of [...variants, ...variants]) {
    assert.deepEqual(JSON.parse(serialiser.line(record)), toWire(record));
  }
});

test('reading a line gives the record back', () => {
  fc.assert(
    fc.property(anyRecord, (record) => {
      const once = reread(record);
      assert.deepEqual(reread(once), once);
      if (record.kind !== 'violation' || once.kind !== 'violation') return;
      const { operation, process } = record;
      if (operation.kind === 'Exec' || operation.kind === 'File') {
        const again = once.operation;
        assert.ok(again.kind === operation.kind);
        assert.deepEqual(uncloak(again.object.path), uncloak(operation.object.path));
      }
      assert.deepEqual(uncloak(once.process.exe), uncloak(process.exe));
      assert.deepEqual(once.time, { ...record.time });
      assert.equal(once.source, record.source);
    }),
    { numRuns: 1000 },
  );
});

const huge: readonly (readonly [string, string])[] = [
  ['plain', 'x'.repeat(5000)],
  ['escapes', '\u0001'.repeat(4095)],
  ['not UTF-8', cloak(Buffer.alloc(4095, 0xff))],
  ['wide', '\u20ac'.repeat(4000)],
  ['pairs', '\u{1f600}'.repeat(4000)],
];

for (const [name, text] of huge) {
  test(`no line exceeds 8 KiB, and what was cut is said: ${name}`, () => {
    const path = `/${text}`;
    const record: AuditRecord = {
      ...violationExample,
      operation: { kind: 'File', object: { path }, access: ['Read', 'Write'] },
      process: { ...violationExample.process, exe: path, argv: [text, text] },
      rule: { profile: text, class: 'files', list: 'deny', index: 0, text },
      subject: { profile: text, generation: 1, pod: text, container: text, revision: text },
    };
    const line = new RecordSerialiser().line(record);
    assert.ok(Buffer.byteLength(line) <= MAX_RECORD_BYTES);
    const read = parseRecord(line);
    assert.ok(read.kind === 'violation');
    const { truncated = [] } = read;
    assert.ok(truncated.includes('process.argv'));
    assert.ok(truncated.some((field) => field.startsWith('path')));
    const operation = operationOf(read);
    assert.ok(operation.kind === 'File');
    assert.equal(operation.object.doubt, 'Truncated');
    const kept = uncloak(operation.object.path);
    assert.ok(kept.length > 10);
    assert.deepEqual(kept, uncloak(path).subarray(0, kept.length));
    assert.equal(read.process.pid, violationExample.process.pid);
  });
}

test('where dropping argv is enough, nothing else is cut', () => {
  const path = `/${'y'.repeat(3000)}`;
  const record: AuditRecord = {
    ...violationExample,
    operation: { kind: 'Exec', object: { path } },
    process: { ...violationExample.process, argv: ['z'.repeat(8000)] },
  };
  const read = reread(record);
  assert.ok(read.kind === 'violation');
  assert.deepEqual(read.truncated, ['process.argv']);
  assert.deepEqual(read.operation, record.operation);
});

test('any record of any size stays below the limit', () => {
  const long = fc.tuple(anyRecord, fc.integer({ min: 1, max: 9000 }));
  fc.assert(
    fc.property(long, ([record, length]) => {
      const grown = { ...record, node: record.node.padEnd(length, '\u0001"') };
      const line = new RecordSerialiser().line(grown);
      assert.ok(Buffer.byteLength(line) <= MAX_RECORD_BYTES);
      parseRecord(line);
    }),
    { numRuns: 300 },
  );
});

test('a batch holds whole lines, refuses what does not fit, and can be used again', () => {
  const batch = new RecordBatch(MAX_RECORD_BYTES * 2);
  let written = 0;
  let text = '';
  const sink = {
    write: (bytes: Uint8Array, records: number) => {
      written += records;
      text += Buffer.from(bytes).toString('utf8');
    },
    flush: () => undefined,
    close: () => undefined,
    health: () => ({ kind: 'Healthy', lost: 0 }) as const,
  };
  const records = Array.from({ length: 100 }, (_, sequence) => ({ ...violationExample, sequence }));
  writeRecords(records, batch, sink);
  assert.equal(written, 100);
  const read = text
    .trimEnd()
    .split('\n')
    .map((line) => parseRecord(line));
  assert.deepEqual(read, records);
  assert.equal(batch.records, 0);
});
