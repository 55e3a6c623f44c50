/** Reading audit logs back: strict, and with the place of whatever is wrong. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import { PinfoldError, reasonOf } from '../errors.js';
import type { Operation } from '../policy/operation.js';
import { MAX_RECORD_BYTES, RECORD_SCHEMA } from './record.js';
import type { AuditRecord } from './record.js';
import { RECORD_SCHEMAS } from './schema.js';
import type { RecordShape } from './schema.js';
import { fromWire } from './unwire.js';
import type { WireRecord } from './wire.js';

/** Where a line came from, for messages. `line` counts from 1. */
export interface LinePlace {
  readonly file: string;
  readonly line: number;
}

export type ReadResult =
  | { readonly kind: 'Record'; readonly record: AuditRecord; readonly line: number }
  /** A line that is no record; reading goes on. */
  | { readonly kind: 'Invalid'; readonly error: PinfoldError; readonly line: number };

const compiled = new Map<RecordShape, ValidateFunction>();

/** Compiled at first use: a command that writes records never pays for it. */
const validatorOf = (shape: RecordShape): ValidateFunction => {
  const known = compiled.get(shape);
  if (known) return known;
  const ajv = new Ajv2020({ strict: true, strictRequired: false, allErrors: false });
  const made = ajv.compile(RECORD_SCHEMAS[shape]);
  compiled.set(shape, made);
  return made;
};

const problemOf = (error: ErrorObject | undefined): string => {
  if (!error) return 'it does not match the schema';
  const place = error.instancePath.slice(1).replaceAll('/', '.') || 'the record';
  const extra: unknown = error.params.additionalProperty;
  const allowed: unknown = error.params.allowedValues ?? error.params.allowedValue;
  if (typeof extra === 'string') return `${place} has the unknown field ${extra}`;
  const values = allowed === undefined ? '' : ` (${JSON.stringify(allowed)})`;
  return `${place} ${error.message ?? 'is wrong'}${values}`;
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isShape = (value: unknown): value is RecordShape =>
  typeof value === 'string' && Object.hasOwn(RECORD_SCHEMAS, value);

/** A record with other than its own kind's schema fails on `kind`, so any shape does for an unknown one. */
const shapeOf = (value: Readonly<Record<string, unknown>>): RecordShape | undefined => {
  const name = value.kind === 'violation' ? value.operation : value.kind;
  return isShape(name) ? name : undefined;
};

/**
 * One line (with or without its newline) as a record.
 * Throws PinfoldError RecordInvalid or RecordVersionUnknown.
 */
export const parseRecord = (
  text: string,
  place: LinePlace = { file: 'record', line: 1 },
): AuditRecord => {
  const invalid = (problem: string, cause?: unknown): PinfoldError =>
    new PinfoldError('RecordInvalid', { ...place, problem }, { cause });
  if (Buffer.byteLength(text) > MAX_RECORD_BYTES) {
    throw invalid(`longer than ${MAX_RECORD_BYTES} bytes`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid(reasonOf(error), error);
  }
  if (!isObject(value)) throw invalid('not a JSON object');
  const found = value.schema;
  if (typeof found !== 'string') throw invalid('it has no schema field');
  if (found !== RECORD_SCHEMA) {
    throw new PinfoldError('RecordVersionUnknown', { ...place, found, expected: RECORD_SCHEMA });
  }
  const shape = shapeOf(value);
  if (!shape) throw invalid('kind or operation is not one that this version knows');
  const validate = validatorOf(shape);
  if (!validate(value)) throw invalid(problemOf(validate.errors?.[0]));
  const record = fromWire(value as unknown as WireRecord);
  if (!record) throw invalid('a time in it is no real date');
  return record;
};

const resultOf = (text: string, place: LinePlace): ReadResult => {
  try {
    return { kind: 'Record', record: parseRecord(text, place), line: place.line };
  } catch (error) {
    if (error instanceof PinfoldError) return { kind: 'Invalid', error, line: place.line };
    throw error;
  }
};

/** Lines of a byte stream. A line beyond the limit is cut, so that memory stays bounded. */
const linesOf = async function* (chunks: AsyncIterable<Uint8Array | string>) {
  const decoder = new TextDecoder();
  let held = '';
  for await (const chunk of chunks) {
    const text = typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    const lines = text.split('\n');
    const last = lines.pop() ?? '';
    for (const line of lines) {
      yield held + line;
      held = '';
    }
    held = (held + last).slice(0, MAX_RECORD_BYTES + 1);
  }
  held += decoder.decode();
  if (held !== '') yield held;
};

/** Every line of a log as a record, or as the reason why it is none. Empty lines are skipped. */
export const readRecords = async function* (
  chunks: AsyncIterable<Uint8Array | string>,
  file = 'audit log',
): AsyncGenerator<ReadResult, void, undefined> {
  let line = 0;
  for await (const text of linesOf(chunks)) {
    line += 1;
    if (text.trim() !== '') yield resultOf(text, { file, line });
  }
};

/**
 * The operation that a violation records: what `explain` judges again. A path that was shortened in
 * the record gets the doubt `Truncated`. Throws RecordNotViolation for any other kind of record.
 */
export const operationOf = (record: AuditRecord): Operation => {
  if (record.kind !== 'violation') {
    throw new PinfoldError('RecordNotViolation', { kind: record.kind });
  }
  const { operation, truncated = [] } = record;
  const isCut = truncated.includes('path') || truncated.includes('pathBase64');
  if (!isCut || (operation.kind !== 'Exec' && operation.kind !== 'File')) return operation;
  return { ...operation, object: { ...operation.object, doubt: 'Truncated' } };
};
