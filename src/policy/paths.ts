/**
 * The path grammar: literal segments, `*` for one whole segment, `name*` for one segment with that
 * prefix (`name` itself included), a trailing `**` for everything below. `/a/**` does not match `/a`:
 * a rule that means both is written twice, so that opening a directory is never implied.
 */
import { PinfoldError } from '../errors.js';

export type SegmentPattern =
  | { readonly kind: 'Literal'; readonly text: string }
  /** `text` is the part before the `*`; it is never empty. */
  | { readonly kind: 'Prefix'; readonly text: string }
  | { readonly kind: 'Any' };

export interface Pattern {
  readonly segments: readonly SegmentPattern[];
  /** Ends in `**`: at least one more segment follows. */
  readonly below: boolean;
}

export interface PathProblem {
  /** Continues "path … ": `is not absolute`. */
  readonly problem: string;
  readonly hint: string;
}

const loneSurrogate = /\p{Surrogate}/u;

const commonProblem = (text: string): PathProblem | undefined => {
  if (text === '') return { problem: 'is empty', hint: 'Write an absolute path.' };
  if (text.includes('\0'))
    return { problem: 'holds a NUL byte', hint: 'No file name can hold one; remove it.' };
  if (!text.startsWith('/'))
    return { problem: 'is not absolute', hint: `Write it from the root: /${text}` };
  if (`${text}/`.includes('/../'))
    return { problem: 'holds a .. segment', hint: 'Write the path that it leads to.' };
  return undefined;
};

const segmentProblem = (segment: string, last: boolean): PathProblem | undefined => {
  if (!segment.includes('*') || (segment === '**' && last)) return undefined;
  if (segment === '**')
    return {
      problem: 'holds ** before its end',
      hint: 'Only a trailing ** is understood; use * for exactly one segment.',
    };
  if (segment.indexOf('*') === segment.length - 1) return undefined;
  return {
    problem: `holds ${segment}, with a * that does not end the segment`,
    hint: `Use * for a whole segment or ${segment.slice(0, segment.indexOf('*'))}* for a prefix.`,
  };
};

/** Why a text is no path pattern; `undefined` where it is one. */
export const patternProblem = (text: string): PathProblem | undefined => {
  const common = commonProblem(text);
  if (common !== undefined || text === '/') return common;
  if (loneSurrogate.test(text))
    return { problem: 'is not valid Unicode', hint: 'Use * for a segment that is not UTF-8.' };
  if (text.includes('//'))
    return { problem: 'holds //', hint: `Write it as ${text.replace(/\/+/g, '/')}` };
  if (text.endsWith('/'))
    return {
      problem: 'ends with /',
      hint: `Write ${text.slice(0, -1)}, or ${text}** for all below.`,
    };
  if (`${text}/`.includes('/./'))
    return { problem: 'holds a . segment', hint: 'Write the path without it.' };
  const segments = text.slice(1).split('/');
  return segments
    .map((segment, index) => segmentProblem(segment, index === segments.length - 1))
    .find((problem) => problem !== undefined);
};

const parseSegment = (text: string): SegmentPattern => {
  if (text === '*') return { kind: 'Any' };
  return text.endsWith('*')
    ? { kind: 'Prefix', text: text.slice(0, -1) }
    : { kind: 'Literal', text };
};

/** Reads a pattern; throws `PathInvalid`. */
export const parsePattern = (text: string): Pattern => {
  const problem = patternProblem(text);
  if (problem !== undefined)
    throw new PinfoldError('PathInvalid', { path: JSON.stringify(text), ...problem });
  const texts = segmentsOf(text);
  const below = texts.at(-1) === '**';
  return { segments: (below ? texts.slice(0, -1) : texts).map(parseSegment), below };
};

/** A segment as it is written. */
export const segmentText = (segment: SegmentPattern): string => {
  switch (segment.kind) {
    case 'Literal':
      return segment.text;
    case 'Prefix':
      return `${segment.text}*`;
    case 'Any':
      return '*';
  }
};

/** The text that `parsePattern` reads. Every pattern has exactly one. */
export const patternText = ({ segments, below }: Pattern): string =>
  `/${[...segments.map(segmentText), ...(below ? ['**'] : [])].join('/')}`;

/** Whether a path is what the kernel reports: absolute, without empty, `.` and `..` segments. */
export const isCanonical = (path: string): boolean =>
  path === '/' ||
  (path.startsWith('/') &&
    !path.endsWith('/') &&
    !path.includes('//') &&
    // Asked for every event, so the expression is kept for the few paths with a dot there.
    !(path.includes('/.') && /\/\.{1,2}(?:\/|$)/.test(path)));

/**
 * What a person typed, as the kernel would report it: `//etc/./passwd/` → `/etc/passwd`. Throws
 * `PathInvalid` for relative paths and `..`, which only the file system can resolve.
 */
export const canonicalPath = (text: string): string => {
  const problem = commonProblem(text);
  if (problem !== undefined)
    throw new PinfoldError('PathInvalid', { path: JSON.stringify(text), ...problem });
  return `/${text
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.')
    .join('/')}`;
};

/** Segments of a canonical path: `/a/b` → `['a', 'b']`; `/` → `[]`. */
export const segmentsOf = (path: string): readonly string[] =>
  path === '/' ? [] : path.slice(1).split('/');

export const segmentMatches = (pattern: SegmentPattern, segment: string): boolean => {
  switch (pattern.kind) {
    case 'Literal':
      return segment === pattern.text;
    case 'Prefix':
      return segment.startsWith(pattern.text);
    case 'Any':
      return true;
  }
};

/** Whether the pattern matches a path, given as its segments. */
export const matches = (pattern: Pattern, path: readonly string[]): boolean => {
  const fixed = pattern.segments.length;
  if (pattern.below ? path.length <= fixed : path.length !== fixed) return false;
  return pattern.segments.every((segment, index) => segmentMatches(segment, path[index] ?? ''));
};
