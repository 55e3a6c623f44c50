/**
 * Secrets in arguments. The workload chooses the text that is matched, so the engine is RE2: its time
 * is linear in the text whatever pattern and text are.
 */
import { RE2JS } from 're2js';
import { PinfoldError, reasonOf } from '../errors.js';
import { wellFormed } from '../policy/cloak.js';

/** Stands where a secret stood. */
export const REDACTED = '[redacted]';

/** Kept of one argument and of all: beyond it nothing is worth searching. */
const MAX_ARGUMENT = 1024;
const MAX_ARGUMENTS = 64;
/** Searched of one argument: more than is kept, so that a secret across that end is still seen whole. */
const SEARCHED = 4 * MAX_ARGUMENT;

/** A pattern's group named `secret` is replaced, or its whole match where there is none. */
export interface RedactionPattern {
  readonly name: string;
  /** RE2 syntax. */
  readonly pattern: string;
}

const SECRET_WORD =
  '(?:pass(?:word|wd|phrase)?|secret|token|api[-_]?key|access[-_]?key|credentials?)';

export const DEFAULT_PATTERNS: readonly RedactionPattern[] = [
  { name: 'assignment', pattern: `(?i)[\\w.-]*${SECRET_WORD}[\\w.-]*[=:](?P<secret>.+)` },
  { name: 'urlPassword', pattern: '://[^/@:\\s]*:(?P<secret>[^/@\\s]+)@' },
  { name: 'authorization', pattern: '(?i)\\b(?:bearer|basic)\\s+(?P<secret>[\\w.~+/=-]+)' },
  { name: 'jsonWebToken', pattern: 'eyJ[\\w-]{6,}(?:\\.[\\w-]*)*' },
  { name: 'awsKeyId', pattern: '\\b(?:AKIA|ASIA)[0-9A-Z]{16}\\b' },
  { name: 'githubToken', pattern: '\\bgh[pousr]_[0-9A-Za-z]{20,}' },
  { name: 'privateKey', pattern: '-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*)' },
];

/** An option whose value is the next argument. */
const secretOption = RE2JS.compile(`(?i)^--?[\\w-]*${SECRET_WORD}$`);

interface Compiled {
  readonly expression: RE2JS;
  readonly hasSecret: boolean;
}

const compile = ({ name, pattern }: RedactionPattern): Compiled => {
  try {
    const expression = RE2JS.compile(pattern);
    return { expression, hasSecret: 'secret' in expression.namedGroups() };
  } catch (cause) {
    throw new PinfoldError(
      'RedactionInvalid',
      { pattern: name, problem: reasonOf(cause) },
      { cause },
    );
  }
};

const redactText = (text: string, { expression, hasSecret }: Compiled): string => {
  const matcher = expression.matcher(text);
  let result = '';
  let from = 0;
  while (matcher.find()) {
    const start = hasSecret ? matcher.start('secret') : matcher.start();
    const end = hasSecret ? matcher.end('secret') : matcher.end();
    if (start < from || end <= start) continue;
    result += text.slice(from, start) + REDACTED;
    from = end;
  }
  return result + text.slice(from);
};

export type Redactor = (argv: readonly string[]) => readonly string[];

/**
 * A function that removes secrets from an argument list and bounds its size (64 arguments of 1,024
 * UTF-16 units). `extra` patterns are applied after the built-in ones. Throws RedactionInvalid.
 */
export const createRedactor = (extra: readonly RedactionPattern[] = []): Redactor => {
  const patterns = [...DEFAULT_PATTERNS, ...extra].map(compile);
  const redactOne = (argument: string): string =>
    patterns.reduce(redactText, wellFormed(argument.slice(0, SEARCHED))).slice(0, MAX_ARGUMENT);
  return (argv) =>
    argv.slice(0, MAX_ARGUMENTS).map((argument, index) => {
      const before = argv[index - 1];
      const isValue = before !== undefined && secretOption.matches(before.slice(0, MAX_ARGUMENT));
      return isValue ? REDACTED : redactOne(argument);
    });
};
