/** Text from files and workloads made safe for a terminal: an audited path must not move the cursor. */

/** Controls, the marks that reverse reading direction, and bytes that are not UTF-8 (lone surrogates). */
const UNSAFE =
  // eslint has no word against these as escapes; a raw one would be the very problem.
  /[\p{Cc}\u200E\u200F\u202A-\u202E\u2066-\u2069]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/gu;

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\r': '\\r' };

const escape = (character: string): string => {
  const named = NAMED[character];
  if (named !== undefined) return named;
  const code = character.charCodeAt(0);
  // U+DC80..U+DCFF stand for one byte each (policy/operation.ts).
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16)}`;
  const hex = code.toString(16);
  return code < 0x100 ? `\\x${hex.padStart(2, '0')}` : `\\u${hex.padStart(4, '0')}`;
};

/** One line: everything that is not plain text is escaped, line breaks and tabs too. */
export const printable = (text: string): string => text.replace(UNSAFE, escape);

/** Several lines: as `printable`, but line breaks stay. */
export const printableLines = (text: string): string => text.split('\n').map(printable).join('\n');
