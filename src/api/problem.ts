/** What is wrong with an object: the one shape in which validator, parser and lint say it. */

/** A step into an object: the name of a field, or a position in a list. */
export type PathKey = string | number;

export interface Position {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
}

export interface Problem extends Partial<Position> {
  /** Such as `spec.rules.files.allow[3].path`; empty for the object itself. */
  readonly path: string;
  /** What stands there; undefined where something is absent. */
  readonly value: unknown;
  /** What is wrong. */
  readonly message: string;
  /** What would be right. */
  readonly expected: string;
}

/** A problem before it is placed in a file. */
export interface Finding {
  readonly keys: readonly PathKey[];
  readonly value: unknown;
  readonly message: string;
  readonly expected: string;
  /** The name of the field is what is wrong, and not its value. */
  readonly atName?: true;
}

const PLAIN_NAME = /^[A-Za-z_][\w-]*$/;

/** `['spec', 'allow', 3, 'path']` → `spec.allow[3].path`; unusual names as `["a.b/c"]`. */
export const pathText = (keys: readonly PathKey[]): string =>
  keys.reduce<string>((text, key) => {
    if (typeof key === 'string' && PLAIN_NAME.test(key))
      return text === '' ? key : `${text}.${key}`;
    return `${text}[${JSON.stringify(key)}]`;
  }, '');

export const problemOf = (
  { keys, value, message, expected }: Finding,
  position?: Position,
): Problem => ({
  path: pathText(keys),
  value,
  message,
  expected,
  ...position,
});

const SHOWN = 80;

/** A value as a message shows it: JSON, shortened. */
const valueText = (value: unknown): string => {
  const json = JSON.stringify(value ?? null);
  return json.length <= SHOWN ? json : `${json.slice(0, SHOWN)}…`;
};

/** `file:line:column: path: what is wrong (value); expected what would be right`. */
export const problemText = (file: string, problem: Problem): string => {
  const place = [file, problem.line, problem.column].filter((part) => part !== undefined).join(':');
  const path = problem.path === '' ? '' : `${problem.path}: `;
  const value = problem.value === undefined ? '' : ` (${valueText(problem.value)})`;
  return `${place}: ${path}${problem.message}${value}; expected ${problem.expected}`;
};
