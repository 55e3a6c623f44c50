/** `pinfold explain`: why an operation is allowed or denied, and the least that would allow it. */
import { wireOperation } from '../../audit/wire.js';
import type { Subject, ViolationRecord } from '../../audit/record.js';
import { PinfoldError } from '../../errors.js';
import { explain } from '../../policy/explain/explain.js';
import type { Explanation } from '../../policy/explain/explain.js';
import type { Operation } from '../../policy/operation.js';
import type { CommandContext, RunCommand } from '../context.js';
import { isOperationWord, operationFrom } from '../explain/operation.js';
import type { OperationOptions } from '../explain/operation.js';
import { judgeFromFiles, judgeFromState } from '../explain/profiles.js';
import type { Judge } from '../explain/profiles.js';
import { recordedOperation } from '../explain/recorded.js';
import { recordText } from '../logs/record-text.js';
import type { ResultFormat } from '../print/format.js';
import { printable } from '../print/printable.js';
import { serialised } from '../print/serialised.js';

export interface ExplainOptions extends OperationOptions {
  readonly output: ResultFormat;
  /** Files; none: the state directory, which needs a record. */
  readonly profiles: readonly string[];
}

interface Question {
  readonly operation: Operation;
  readonly record?: ViolationRecord;
}

const questionOf = (
  context: CommandContext,
  options: ExplainOptions,
  [first = '', object]: readonly string[],
): Promise<Question> => {
  if (object === undefined && !isOperationWord(first)) return recordedOperation(context, first);
  if (object !== undefined && isOperationWord(first))
    return Promise.resolve({ operation: operationFrom(first, object, options) });
  const problem =
    object === undefined
      ? `${first} needs an object, such as \`explain --profile F ${first} …\``
      : `${first} is no operation; expected exec, open, connect, bind, cap, syscall or forbid`;
  throw new PinfoldError('UsageError', { problem });
};

const judgeFor = (
  context: CommandContext,
  files: readonly string[],
  subject: Subject | undefined,
): Promise<Judge> => {
  if (files.length > 0) return judgeFromFiles(context, files, subject);
  if (subject !== undefined) return judgeFromState(context, subject);
  throw new PinfoldError('UsageError', { problem: 'give the profile with --profile' });
};

/** Whoever looks at an old record must know that it was judged by other rules. */
const warnOfChange = (
  context: CommandContext,
  { profile }: Judge,
  subject: Subject | undefined,
): void => {
  const { generation } = profile.metadata;
  if (subject === undefined || generation === undefined || generation === subject.generation)
    return;
  context.stderr.write(
    `warning: the profile changed since: generation ${subject.generation} then, ${generation} now\n`,
  );
};

/** `lines` are for people, and bytes of a path that are not UTF-8 need base64 in JSON. */
const resultOf = (explanation: Explanation): object => ({
  ...explanation,
  operation: wireOperation(explanation.operation),
  lines: undefined,
});

const linesOf = (
  { lines, verdict }: Explanation,
  record: ViolationRecord | undefined,
  context: CommandContext,
): readonly string[] => {
  const { colour } = context;
  const [head = '', ...rest] = lines.map(printable);
  const paint = verdict.kind === 'Allow' ? colour.green : colour.red;
  const recorded = record === undefined ? [] : [`recorded: ${recordText(record, colour)}`];
  return [...recorded, paint(head), ...rest];
};

/** Exit status 0 whatever the verdict. Throws UsageError and what reading and composing throw. */
export const run: RunCommand<ExplainOptions> = async (context, options, args) => {
  const { operation, record } = await questionOf(context, options, args);
  const judge = await judgeFor(context, options.profiles, record?.subject);
  warnOfChange(context, judge, record?.subject);
  const explanation = explain([judge.rules], operation);
  context.stdout.write(
    options.output === 'table'
      ? `${linesOf(explanation, record, context).join('\n')}\n`
      : serialised(resultOf(explanation), options.output),
  );
  return 0;
};
