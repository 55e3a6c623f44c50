/** `pinfold lint`: what is wrong with files, and what in them is likely not meant. */
import { checkObjects } from '../../api/parse.js';
import type { ParsedObject } from '../../api/parse.js';
import { ERRORS, EXIT, PinfoldError } from '../../errors.js';
import type { ErrorCode } from '../../errors.js';
import type { Colours } from '../colours.js';
import type { CommandContext, RunCommand } from '../context.js';
import { readInput } from '../input.js';
import { filesNamed } from '../lint/files.js';
import { findingText, fromError, fromProblem, inOrder } from '../lint/result.js';
import type { LintFinding, Severity } from '../lint/result.js';
import { semanticFindings } from '../lint/semantic.js';
import type { ResultFormat } from '../print/format.js';
import { printable } from '../print/printable.js';
import { serialised } from '../print/serialised.js';

export interface LintOptions {
  readonly output: ResultFormat;
  /** Warnings fail too. */
  readonly strict: boolean;
}

interface Read {
  /** As messages name it. */
  readonly file: string;
  readonly objects: readonly ParsedObject[];
  readonly findings: readonly LintFinding[];
}

/** What goes wrong with one file does not keep others from being looked at. */
const attempt = async <Result>(
  file: string,
  work: () => Promise<Result>,
): Promise<Result | LintFinding> => {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof PinfoldError) return fromError(file, thrown);
    throw thrown;
  }
};

const isFinding = (result: object): result is LintFinding => 'severity' in result;

const readFile = async (context: CommandContext, name: string): Promise<Read> => {
  const read = await attempt(name, async () => {
    const { file, bytes } = await readInput(context, name);
    const { objects, problems } = checkObjects(bytes, file);
    return { file, objects, findings: problems.map((problem) => fromProblem(file, problem)) };
  });
  return isFinding(read) ? { file: name, objects: [], findings: [read] } : read;
};

const readNamed = async (
  context: CommandContext,
  name: string,
): Promise<{ readonly files: number; readonly reads: readonly Read[] }> => {
  const files = await attempt(name, () => filesNamed(context, name));
  if (isFinding(files))
    return { files: 0, reads: [{ file: name, objects: [], findings: [files] }] };
  const reads: Read[] = [];
  for (const file of files) reads.push(await readFile(context, file));
  return { files: files.length, reads };
};

const paintOf = (severity: Severity, colour: Colours): ((text: string) => string) => {
  switch (severity) {
    case 'Error':
      return colour.red;
    case 'Warning':
      return colour.yellow;
    case 'Info':
      return colour.dim;
  }
};

const counted = (count: number, what: string): string =>
  `${count} ${what}${count === 1 ? '' : 's'}`;

const statusOf = (findings: readonly LintFinding[], strict: boolean): number => {
  const errors = findings.filter(({ severity }) => severity === 'Error');
  const isMissing = ({ code }: LintFinding): boolean =>
    ERRORS[code as ErrorCode].class === 'NotFound';
  if (errors.some((finding) => !isMissing(finding))) return EXIT.invalid;
  if (errors.length > 0) return EXIT.notFound;
  const fails = strict && findings.some(({ severity }) => severity === 'Warning');
  return fails ? EXIT.invalid : EXIT.ok;
};

/** Exit status 0, 3 where something is invalid (or `strict` and there are warnings), 7 for no such file. */
export const run: RunCommand<LintOptions> = async (context, { output, strict }, names) => {
  const reads: Read[] = [];
  let files = 0;
  for (const name of names) {
    const found = await readNamed(context, name);
    files += found.files;
    reads.push(...found.reads);
  }
  const findings = inOrder(
    [
      ...reads.flatMap((read) => read.findings),
      ...semanticFindings(reads.flatMap((read) => read.objects)),
    ],
    reads.map((read) => read.file),
  );
  const count = (severity: Severity): number =>
    findings.filter((finding) => finding.severity === severity).length;
  const counts = {
    files,
    errors: count('Error'),
    warnings: count('Warning'),
    infos: count('Info'),
  };
  if (output !== 'table') context.stdout.write(serialised({ ...counts, findings }, output));
  else {
    for (const finding of findings)
      context.stdout.write(
        `${paintOf(finding.severity, context.colour)(printable(findingText(finding)))}\n`,
      );
    context.stderr.write(
      `${counted(files, 'file')}: ${counted(counts.errors, 'error')}, ${counted(counts.warnings, 'warning')}\n`,
    );
  }
  return statusOf(findings, strict);
};
