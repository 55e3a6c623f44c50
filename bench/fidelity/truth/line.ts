/**
 * One line of `strace -ff -n -yy`: `[ 257] openat(AT_FDCWD</tmp>, "x", O_RDONLY) = 3</tmp/x>`.
 * Formats as of strace 6.1 (strace(1), its src/util.c for quoting).
 */

export interface Call {
  readonly number: number;
  readonly name: string;
  readonly arguments: readonly string[];
  /** Text after ` = `; absent where the task ended inside the call. */
  readonly result?: string;
}

/** Index after the quoted string that starts at `at`. */
const afterQuoted = (text: string, at: number): number => {
  let index = at + 1;
  while (index < text.length && text[index] !== '"') index += text[index] === '\\' ? 2 : 1;
  return index + 1;
};

/** Index after what -yy says about a descriptor: `</a\40b>`, `<TCP:[1.1.1.1:1->2.2.2.2:2]>`, `</dev/null<char 1:3>>`. */
const afterAnnotation = (text: string, at: number): number => {
  const isPath = text[at + 1] === '/';
  let depth = 0;
  let brackets = 0;
  for (let index = at; index < text.length; index += 1) {
    const character = text[index];
    if (character === '\\') index += 1;
    else if (!isPath && character === '[') brackets += 1;
    else if (!isPath && character === ']') brackets -= 1;
    else if (brackets === 0 && character === '<') depth += 1;
    else if (brackets === 0 && character === '>' && (depth -= 1) === 0) return index + 1;
  }
  return text.length;
};

const startsAnnotation = (text: string, at: number): boolean =>
  text[at] === '<' && text[at + 1] !== '<' && /(?:\d|AT_FDCWD)$/.test(text.slice(0, at));

interface Arguments {
  readonly list: readonly string[];
  /** Index after the closing parenthesis, or the text's length. */
  readonly end: number;
}

/** Splits at commas of the outermost level, from after the opening parenthesis. */
const splitArguments = (text: string, from: number): Arguments => {
  const list: string[] = [];
  let depth = 0;
  let start = from;
  let index = from;
  while (index < text.length) {
    const character = text[index] ?? '';
    if (character === '"') {
      index = afterQuoted(text, index);
      continue;
    }
    if (startsAnnotation(text, index)) {
      index = afterAnnotation(text, index);
      continue;
    }
    if (depth === 0 && (character === ',' || character === ')')) {
      const argument = text.slice(start, index).trim();
      if (argument !== '') list.push(argument);
      start = index + 1;
      if (character === ')') return { list, end: index + 1 };
    } else if ('([{'.includes(character)) depth += 1;
    else if (')]}'.includes(character)) depth -= 1;
    index += 1;
  }
  const last = text.slice(start).trim();
  return { list: last === '' ? list : [...list, last], end: text.length };
};

/** Undefined for lines that are no calls: signals, exits, and calls whose number strace could not read. */
export const parseLine = (line: string): Call | undefined => {
  const head = /^\[\s*(0x)?([0-9a-f]+)\] (\w+)\(/.exec(line);
  if (head === null) return undefined;
  const [whole, hexadecimal, digits = '', name = ''] = head;
  const number = Number.parseInt(digits, hexadecimal === undefined ? 10 : 16);
  const { list, end } = splitArguments(line, whole.length);
  // Executed by a thread that is not the first: the result is in the file of the first.
  const result = line.includes('<pid changed to ')
    ? '0'
    : /^\s+= (.*)$/s.exec(line.slice(end))?.[1];
  return { number, name, arguments: list, ...(result === undefined ? {} : { result }) };
};

/** Bytes of strace's C-like escapes as text; what is not UTF-8 becomes U+DC80..U+DCFF, as in recordings. */
export const unescape = (text: string, decode: (bytes: Buffer) => string): string => {
  const single: Readonly<Record<string, number>> = {
    n: 10,
    t: 9,
    r: 13,
    v: 11,
    f: 12,
    '"': 34,
    '\\': 92,
  };
  const bytes: number[] = [];
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] !== '\\') {
      bytes.push(...Buffer.from(text[index] ?? '', 'latin1'));
      continue;
    }
    const octal = /^[0-7]{1,3}/.exec(text.slice(index + 1, index + 4))?.[0];
    if (octal !== undefined) {
      bytes.push(Number.parseInt(octal, 8));
      index += octal.length;
    } else {
      index += 1;
      bytes.push(single[text[index] ?? ''] ?? 63);
    }
  }
  return decode(Buffer.from(bytes));
};

/** The inside of a quoted argument, still escaped; undefined for anything else (NULL, an address). */
export const quoted = (argument: string | undefined): string | undefined =>
  argument === undefined ? undefined : /^"(.*)"$/s.exec(argument)?.[1];

export interface Descriptor {
  readonly number: number;
  /** What -yy says, still escaped, without the device suffix. */
  readonly target: string;
  readonly deleted: boolean;
}

/** `3</tmp/x>(deleted)`, `AT_FDCWD</tmp>` (number -100); undefined for anything else. */
export const descriptor = (text: string | undefined): Descriptor | undefined => {
  if (text === undefined) return undefined;
  const head = /^(AT_FDCWD|\d+)</.exec(text);
  if (head === null) return undefined;
  const at = head[0].length - 1;
  const end = afterAnnotation(text, at);
  return {
    number: head[1] === 'AT_FDCWD' ? -100 : Number(head[1]),
    target: text.slice(at + 1, end - 1).replace(/<(?:char|block) \d+:\d+>$/, ''),
    deleted: text.startsWith('(deleted)', end),
  };
};
