/**
 * Refuses deep nesting before the YAML parser sees it: that parser is recursive, and a few megabytes
 * of brackets make it use gigabytes or end the process.
 */
import { CST, Lexer } from 'yaml';

/** Levels of nesting; an object of ours has about 15. */
export const MAX_DEPTH = 100;

/** Columns of indentation; the style of two or four a level stays far below. */
const MAX_INDENT = 4 * MAX_DEPTH;

/** Whether the text could be too deep, without regard to quotes: cheap, and nearly always no. */
const couldBeDeep = (text: string): boolean => {
  let depth = 0;
  for (const character of text.matchAll(/[[\]{}]/g)) {
    depth = character[0] === '[' || character[0] === '{' ? depth + 1 : Math.max(0, depth - 1);
    if (depth > MAX_DEPTH) return true;
  }
  return /^[ \t]{200}/m.test(text) || /(?:[-?:][ \t]+){25}/.test(text);
};

interface Place {
  readonly flow: number;
  /** Block levels that this line opens: indentation, then indicators. */
  readonly line: number;
  readonly indent: number;
}

const next = ({ flow, line, indent }: Place, token: string): Place => {
  switch (CST.tokenType(token)) {
    case 'flow-map-start':
    case 'flow-seq-start':
      return { flow: flow + 1, line, indent };
    case 'flow-map-end':
    case 'flow-seq-end':
      return { flow: Math.max(0, flow - 1), line, indent };
    case 'doc-mode':
      return { flow: 0, line: 0, indent: 0 };
    case 'newline':
      return { flow, line: 0, indent: 0 };
    case 'space':
      return { flow, line, indent: flow === 0 && line === 0 ? token.length : indent };
    case 'seq-item-ind':
    case 'explicit-key-ind':
    case 'map-value-ind':
      return { flow, line: flow === 0 ? line + 1 : line, indent };
    default:
      return { flow, line, indent };
  }
};

const isTooDeep = ({ flow, line, indent }: Place): boolean =>
  flow > MAX_DEPTH || line > MAX_DEPTH || indent > MAX_INDENT;

/** Offset where the text is nested deeper than MAX_DEPTH, or undefined. */
export const tooDeepAt = (text: string): number | undefined => {
  if (!couldBeDeep(text)) return undefined;
  let place: Place = { flow: 0, line: 0, indent: 0 };
  let offset = 0;
  for (const token of new Lexer().lex(text)) {
    place = next(place, token);
    if (isTooDeep(place)) return offset;
    if (!CONTROLS.has(token)) offset += token.length;
  }
  return undefined;
};

/** Tokens of the lexer that stand for no text. */
const CONTROLS: ReadonlySet<string> = new Set([CST.DOCUMENT, CST.FLOW_END, CST.SCALAR]);
