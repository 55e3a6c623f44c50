/**
 * Writes docs/errors.md from the table of codes; with --check only says whether it is up to date.
 * Usage: node --import tsx scripts/document-errors.ts [--check]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { ERRORS, EXIT, PinfoldError, type ErrorCode } from '../src/errors.js';

const file = 'docs/errors.md';

const inline = (text: string): string => text.replaceAll('\n', ' ');

const exitMeaning: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'Done. `diff`: no difference; `lint`: nothing wrong.',
  internal: 'A defect of Pinfold, or a launcher step that failed for no reason known here.',
  usage: 'The command line is wrong.',
  invalid: 'An input file or object is wrong.',
  degraded: 'This machine cannot enforce what the profile asks for, and `onDegraded` is `Refuse`.',
  unsupported: 'Something that the command needs is not here: root, a kernel feature, the addon.',
  io: 'Output could not be written, or the API server did not do what it was asked.',
  notFound: 'A file or object does not exist or cannot be read.',
  runOwnFailure:
    '`run` only: Pinfold itself failed before the command started; the code is in the message.',
  cannotExecute: 'The command exists and cannot be executed.',
  commandNotFound: 'The command does not exist.',
};

const document = (): string => {
  const codes = Object.keys(ERRORS) as ErrorCode[];
  return [
    '# Errors',
    '',
    '<!-- Written by scripts/document-errors.ts from src/errors.ts: edit there. -->',
    '',
    'Every refusal and failure has a code. The same words are the reasons of conditions. The command line',
    'says `error: CODE: what happened` and, on the next line, what to do. A code that is retired is not used',
    'again. `{name}` stands for a value that the message carries.',
    '',
    '## Exit statuses',
    '',
    '| status | name | meaning |',
    '| --- | --- | --- |',
    ...Object.entries(EXIT).map(
      ([name, status]) =>
        `| ${String(status)} | ${name} | ${exitMeaning[name as keyof typeof EXIT]} |`,
    ),
    '',
    '`run` ends with the status of its command, or with 128 + the number of the signal that killed it, once',
    'the command has started. Before that it ends with 125, 126 or 127, whatever the code, so that a failure of',
    'Pinfold is not mistaken for one of the command.',
    '',
    '## Codes',
    '',
    ...codes.flatMap((code) => {
      const { class: errorClass, message, remedy } = ERRORS[code];
      const status = String(new PinfoldError(code).exitCode);
      return [
        `### ${code}`,
        '',
        `${errorClass}, exit status ${status}`,
        '',
        `- says: ${inline(message)}`,
        `- what to do: ${inline(remedy)}`,
        '',
      ];
    }),
  ].join('\n');
};

const wanted = await format(document(), {
  ...(await resolveConfig(file)),
  parser: 'markdown',
});
if (!process.argv.includes('--check')) {
  writeFileSync(file, wanted);
} else if (readFileSync(file, 'utf8') !== wanted) {
  console.error(
    `${file} differs from src/errors.ts: run node --import tsx scripts/document-errors.ts`,
  );
  process.exitCode = 1;
}
