/** `pinfold logs`: the audit log, for people or as it was written. */
import { parseRecord } from '../../audit/read.js';
import type { AuditRecord } from '../../audit/record.js';
import { EXIT, PinfoldError } from '../../errors.js';
import type { CommandContext, RunCommand } from '../context.js';
import { unreadable } from '../input.js';
import { followLines, linesOf } from '../logs/lines.js';
import type { LogLine } from '../logs/lines.js';
import { recordText } from '../logs/record-text.js';
import { reportError } from '../report-error.js';
import { auditLogOf } from '../settings.js';

export interface LogsOptions {
  readonly output: 'table' | 'json';
  readonly follow: boolean;
  /** `name` or `namespace/name`; none: all. */
  readonly profiles: readonly string[];
  /** Only records of the last so many ms. */
  readonly sinceMs?: number;
}

/** What is about no profile, such as a loss, concerns each. */
const isAbout = (record: AuditRecord, profiles: readonly string[]): boolean => {
  const profile = 'subject' in record ? record.subject.profile : undefined;
  if (profiles.length === 0 || profile === undefined) return true;
  return profiles.some((wanted) => profile === wanted || profile.endsWith(`/${wanted}`));
};

const isRecent = ({ time }: AuditRecord, since: number): boolean =>
  time.seconds * 1000 + time.nanos / 1_000_000 >= since;

/** Prints a line that is wanted; an error for one that is no record. */
const show = (
  context: CommandContext,
  { output, profiles }: LogsOptions,
  since: number,
  file: string,
  { text, line }: LogLine,
): PinfoldError | undefined => {
  if (text.trim() === '') return undefined;
  try {
    const record = parseRecord(text, { file, line });
    if (isAbout(record, profiles) && isRecent(record, since))
      context.stdout.write(`${output === 'json' ? text : recordText(record, context.colour)}\n`);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof PinfoldError) return thrown;
    throw thrown;
  }
};

/**
 * Exit status 0, or 3 when a line was no record: it is named on stderr and reading goes on.
 * Throws FileUnreadable.
 */
export const run: RunCommand<LogsOptions> = async (context, options) => {
  const file = auditLogOf(context.settings);
  const since = options.sinceMs === undefined ? -Infinity : Date.now() - options.sinceMs;
  const lines = options.follow ? followLines(file, context.signal) : linesOf(file);
  let invalid = 0;
  try {
    for await (const line of lines) {
      if (context.signal.aborted) break;
      const problem = show(context, options, since, file, line);
      if (problem === undefined) continue;
      invalid += 1;
      reportError(problem, context.stderr, context.settings.debug);
    }
  } catch (thrown) {
    if (thrown instanceof Error && 'syscall' in thrown) throw unreadable(file, thrown);
    throw thrown;
  }
  return invalid === 0 ? EXIT.ok : EXIT.invalid;
};
