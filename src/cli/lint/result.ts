/** What `pinfold lint` says, file by file. */
import type { Problem } from '../../api/problem.js';
import type { PinfoldError } from '../../errors.js';

/** Error: it is not valid. Warning: it is, and likely a mistake or a risk. Info: superfluous. */
export type Severity = 'Error' | 'Warning' | 'Info';

export interface LintFinding {
  readonly severity: Severity;
  /** A code of the error table, or one of the findings of policy/lint. */
  readonly code: string;
  readonly file: string;
  /** From 1; absent where the whole file is meant. */
  readonly line?: number;
  readonly column?: number;
  /** `namespace/name` of the profile; absent where it is not known which. */
  readonly profile?: string;
  /** Such as `spec.rules.files.allow[3].path`. */
  readonly path?: string;
  /** What stands there; absent where something is missing. */
  readonly value?: unknown;
  readonly message: string;
  /** What would be right, or better. */
  readonly suggestion: string;
}

/** A problem that the schema or its rules have with an object. */
export const fromProblem = (file: string, problem: Problem): LintFinding => {
  const { line, column, path, value, message, expected } = problem;
  return {
    severity: 'Error',
    code: 'ObjectInvalid',
    file,
    ...(line !== undefined && { line }),
    ...(column !== undefined && { column }),
    path,
    ...(value !== undefined && { value }),
    message,
    suggestion: `expected ${expected}`,
  };
};

/** Messages of some codes begin with the place, for those who see nothing else. */
const withoutPlace = (message: string, place: string): string =>
  message.startsWith(`${place}: `) ? message.slice(place.length + 2) : message;

/** What was thrown about a whole file. */
export const fromError = (file: string, error: PinfoldError): LintFinding => {
  const { code, message, remedy, fields } = error;
  const line = typeof fields.line === 'number' ? fields.line : undefined;
  const column = typeof fields.column === 'number' ? fields.column : undefined;
  return {
    severity: 'Error',
    code,
    file,
    ...(line !== undefined && { line }),
    ...(column !== undefined && { column }),
    message: withoutPlace(message, [file, line, column].join(':')),
    suggestion: remedy,
  };
};

const placeOf = ({ file, line, column }: LintFinding): string =>
  [file, line, column].filter((part) => part !== undefined).join(':');

/** Longer values are cut. */
const SHOWN = 80;

const valueText = (value: unknown): string => {
  const json = JSON.stringify(value);
  return json.length <= SHOWN ? json : `${json.slice(0, SHOWN)}…`;
};

/** A suggestion is a sentence of its own, or goes on with the message. */
const joined = (message: string, suggestion: string): string =>
  /^[A-Z]/.test(suggestion) ? `${message}. ${suggestion}` : `${message}; ${suggestion}`;

/** One line, `file:line:column: severity: …`; not yet safe for a terminal. */
export const findingText = (finding: LintFinding): string => {
  const { severity, code, path = '', value, message, suggestion } = finding;
  const where = path === '' ? '' : `${path}: `;
  const what = value === undefined ? '' : ` (${valueText(value)})`;
  const said = joined(`${message}${what}`, suggestion);
  return `${placeOf(finding)}: ${severity.toLowerCase()}: ${code}: ${where}${said}`;
};

/** By file in the order given, then by place; what is about a whole file comes first. */
export const inOrder = (
  findings: readonly LintFinding[],
  files: readonly string[],
): readonly LintFinding[] =>
  [...findings].sort(
    (a, b) =>
      files.indexOf(a.file) - files.indexOf(b.file) ||
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0),
  );
