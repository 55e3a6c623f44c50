/** YAML, and so JSON, as plain values with the place of everything in them. */
import { isScalar, LineCounter, parseAllDocuments, visit, type Document } from 'yaml';
import { PinfoldError, reasonOf } from '../errors.js';
import type { PathKey, Position } from './problem.js';
import { MAX_DEPTH, tooDeepAt } from './yaml-depth.js';
import { offsetOf } from './yaml-place.js';

/** One document of a file that holds something. */
export interface YamlDocument {
  readonly value: unknown;
  /** Place of what the keys lead to, or of the innermost part of the way that is there. */
  readonly locate: (keys: readonly PathKey[], atName?: boolean) => Position;
}

/** How often one document may repeat what it named, nested repetitions multiplied. */
const MAX_ALIASES = 100;

const malformed = (file: string, at: Position, problem: string, cause?: unknown): PinfoldError =>
  new PinfoldError('YamlMalformed', { file, ...at, problem }, { cause });

/** Where a line begins is found again by search; counted from 1 as editors do. */
const positionIn = (text: string, offset: number): Position => {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return { line, column: offset - before.lastIndexOf('\n') };
};

const refuseUnparsable = (text: string, file: string): void => {
  const nul = text.indexOf('\0');
  if (nul >= 0) throw malformed(file, positionIn(text, nul), 'a NUL character');
  const deep = tooDeepAt(text);
  if (deep !== undefined)
    throw malformed(file, positionIn(text, deep), `nested deeper than ${MAX_DEPTH} levels`);
};

/** Offset of a name that stands in its mapping twice. Merge keys may. */
const repeatedName = (document: Document): number | undefined => {
  let offset: number | undefined;
  visit(document, {
    Map: (_, { items }) => {
      const names = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key) || key.value === '<<') continue;
        if (names.has(key.value)) {
          offset = key.range?.[0] ?? 0;
          return visit.BREAK;
        }
        names.add(key.value);
      }
      return undefined;
    },
  });
  return offset;
};

/** Whether following the value inward ever comes back to a part of it. */
const holdsItself = (value: unknown): boolean => {
  const finished = new Set<unknown>();
  const above = new Set<unknown>();
  const comesBack = (part: unknown): boolean => {
    if (typeof part !== 'object' || part === null || finished.has(part)) return false;
    if (above.has(part)) return true;
    above.add(part);
    const found = Object.values(part).some(comesBack);
    above.delete(part);
    finished.add(part);
    return found;
  };
  return comesBack(value);
};

const valueOf = (document: Document, file: string, start: Position): unknown => {
  try {
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    if (holdsItself(value)) throw new ReferenceError('An alias stands inside what it names');
    return value;
  } catch (thrown) {
    // What the parser throws of an alias that has no anchor or repeats too much.
    if (thrown instanceof ReferenceError)
      throw malformed(file, start, reasonOf(thrown).replace(/\s+/g, ' '), thrown);
    throw thrown;
  }
};

/**
 * Every document of the text that is not empty. Throws YamlMalformed at the first place that is not
 * YAML, has a key twice, a tag that is unknown, a NUL, too many aliases or too much nesting.
 */
export const yamlDocuments = (text: string, file: string): readonly YamlDocument[] => {
  refuseUnparsable(text, file);
  const lines = new LineCounter();
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const options = {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    merge: true,
    // The parser's own check compares each name with each other.
    uniqueKeys: false,
  };
  const parsed: readonly Document[] = parseAllDocuments(text, options);
  return parsed.flatMap((document) => {
    const fault = document.errors[0] ?? document.warnings[0];
    if (fault !== undefined)
      throw malformed(file, at(fault.pos[0]), fault.message.replace(/\s+/g, ' '), fault);
    const twice = repeatedName(document);
    if (twice !== undefined)
      throw malformed(file, at(twice), 'a name that stands in the mapping already');
    const value = valueOf(document, file, at(offsetOf(document, [])));
    if (value === null || value === undefined) return [];
    return [{ value, locate: (keys, atName) => at(offsetOf(document, keys, atName)) }];
  });
};
