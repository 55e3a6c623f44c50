import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  canonicalPath,
  isCanonical,
  matches,
  parsePattern,
  patternProblem,
  patternText,
  segmentsOf,
} from '../../../src/policy/paths.js';
import { compareSpecificity, covers, overlaps } from '../../../src/policy/pattern-order.js';
import { path, pattern } from './generators.js';

const hits = (text: string, at: string): boolean => matches(parsePattern(text), segmentsOf(at));

const grammar: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['/', ['/'], ['/a']],
  ['/a/b', ['/a/b'], ['/a', '/a/b/c', '/a/bc', '/']],
  ['/a/*', ['/a/b', '/a/\udc80', '/a/*'], ['/a', '/a/b/c']],
  ['/a/*/c', ['/a/b/c'], ['/a/c', '/a/b/b/c']],
  ['/a/b*', ['/a/b', '/a/bc', '/a/b\udcff'], ['/a/c', '/a/b/c', '/a']],
  ['/a*/b', ['/a/b', '/ax/b'], ['/b/b', '/a']],
  ['/a/**', ['/a/b', '/a/b/c/d'], ['/a', '/ab', '/']],
  ['/**', ['/a', '/a/b'], ['/']],
  ['/*/**', ['/a/b', '/a/b/c'], ['/a', '/']],
  ['/a/b*/**', ['/a/b/c', '/a/bx/y/z'], ['/a/b', '/a/c/d']],
];

for (const [text, matched, unmatched] of grammar) {
  test(`pattern ${text}`, () => {
    for (const at of matched) assert.ok(hits(text, at), at);
    for (const at of unmatched) assert.ok(!hits(text, at), at);
  });
}

const refused: readonly (readonly [string, RegExp])[] = [
  ['', /is empty/],
  ['a/b', /is not absolute/],
  ['./a', /is not absolute/],
  ['/a//b', /holds \/\//],
  ['/a/', /ends with \//],
  ['/a/../b', /holds a \.\. segment/],
  ['/..', /holds a \.\. segment/],
  ['/./a', /holds a \. segment/],
  ['/a/.', /holds a \. segment/],
  ['/a\0b', /holds a NUL byte/],
  ['/a/\udc80', /is not valid Unicode/],
  ['/a/**/b', /holds \*\* before its end/],
  ['/a/*b', /\* that does not end the segment/],
  ['/a/b*c', /\* that does not end the segment/],
  ['/a/b**', /\* that does not end the segment/],
  ['/a/***', /\* that does not end the segment/],
];

for (const [text, problem] of refused) {
  test(`pattern ${JSON.stringify(text)} is refused`, () => {
    assert.match(patternProblem(text)?.problem ?? '', problem);
    assert.throws(() => parsePattern(text), { code: 'PathInvalid' });
  });
}

test('names with dots, spaces and newlines are names', () => {
  for (const text of ['/...', '/.a', '/a..', '/a b', '/a\nb', '/..a/b'])
    assert.equal(patternProblem(text), undefined, text);
});

test('a pattern has exactly one text', () => {
  fc.assert(
    fc.property(pattern, (text) => {
      assert.equal(patternText(parsePattern(text)), text);
    }),
  );
});

test('what a person typed becomes what the kernel reports', () => {
  assert.equal(canonicalPath('//etc/./passwd/'), '/etc/passwd');
  assert.equal(canonicalPath('/'), '/');
  for (const text of ['', 'etc', '/a/../b', '/a\0']) {
    assert.throws(() => canonicalPath(text), { code: 'PathInvalid' }, text);
  }
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', '.', '', '.b', '...')), (segments) => {
      assert.ok(isCanonical(canonicalPath(`/${segments.join('/')}`)));
    }),
  );
});

test('a pattern that covers another matches all that the other matches', () => {
  fc.assert(
    fc.property(pattern, pattern, path, (wide, narrow, at) => {
      fc.pre(covers(parsePattern(wide), parsePattern(narrow)) && hits(narrow, at));
      assert.ok(hits(wide, at));
    }),
  );
});

/** Paths of a pattern: each way to fill its holes that could tell it from others. */
const samples = (text: string): readonly string[] => {
  const fill = text.endsWith('**') ? ['\udc81', '\udc81/a', '\udc81/a/b/c/d/e'] : [''];
  const base = text.replace(/\/?\*\*$/, '');
  const bodies = ['\udc81', 'q'].map((hole) => base.replaceAll('*', hole));
  return bodies.flatMap((body) => fill.map((end) => (end === '' ? body : `${body}/${end}`)));
};

test('a pattern that does not cover another misses one of its paths', () => {
  fc.assert(
    fc.property(pattern, pattern, (wide, narrow) => {
      const all = samples(narrow);
      for (const at of all) assert.ok(hits(narrow, at), at);
      assert.equal(
        all.every((at) => hits(wide, at)),
        covers(parsePattern(wide), parsePattern(narrow)),
      );
    }),
  );
});

test('patterns that match one path overlap, and overlapping is mutual', () => {
  fc.assert(
    fc.property(pattern, pattern, path, (a, b, at) => {
      const [first, second] = [parsePattern(a), parsePattern(b)];
      assert.equal(overlaps(first, second), overlaps(second, first));
      if (hits(a, at) && hits(b, at)) assert.ok(overlaps(first, second));
      if (covers(first, second)) assert.ok(overlaps(first, second));
    }),
  );
});

test('specificity is a total order in which the narrower comes first', () => {
  fc.assert(
    fc.property(pattern, pattern, pattern, (a, b, c) => {
      const order = (x: string, y: string) =>
        Math.sign(compareSpecificity(parsePattern(x), parsePattern(y)));
      assert.equal(order(a, b) + order(b, a), 0);
      assert.equal(order(a, b) === 0, a === b);
      if (order(a, b) <= 0 && order(b, c) <= 0) assert.ok(order(a, c) <= 0);
      if (a !== b && covers(parsePattern(b), parsePattern(a))) assert.equal(order(a, b), -1);
    }),
  );
});
