/** An audit record that the user hands over: as text, in a file, or on standard input. */
import { operationOf, parseRecord } from '../../audit/read.js';
import type { ViolationRecord } from '../../audit/record.js';
import type { Operation } from '../../policy/operation.js';
import { PinfoldError } from '../../errors.js';
import type { CommandContext } from '../context.js';
import { readInput } from '../input.js';

export interface Recorded {
  readonly record: ViolationRecord;
  readonly operation: Operation;
}

const violationIn = (text: string, file: string, line: number): Recorded => {
  const record = parseRecord(text, { file, line });
  const operation = operationOf(record);
  // operationOf has refused every other kind.
  if (record.kind !== 'violation')
    throw new PinfoldError('RecordNotViolation', { kind: record.kind });
  return { record, operation };
};

/**
 * `given` is JSON text, a file name, or `-`. Throws what reading throws, RecordInvalid,
 * RecordVersionUnknown, RecordNotViolation, and UsageError where there is not exactly one record.
 */
export const recordedOperation = async (
  context: CommandContext,
  given: string,
): Promise<Recorded> => {
  if (given.trimStart().startsWith('{')) return violationIn(given, 'the argument', 1);
  const { file, bytes } = await readInput(context, given);
  const lines = Buffer.from(bytes).toString('utf8').split('\n');
  const records = lines
    .map((text, index) => ({ text, line: index + 1 }))
    .filter(({ text }) => text.trim() !== '');
  const [first] = records;
  if (first === undefined || records.length > 1) {
    const problem = `${file} holds ${records.length} records; give one, such as that of \`tail -n1\``;
    throw new PinfoldError('UsageError', { problem });
  }
  return violationIn(first.text, file, first.line);
};
