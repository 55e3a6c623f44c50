/** Path rules that change nothing: they match nothing, are refused elsewhere, or are implied. */
import { accessOf } from '../access.js';
import { parsePattern, type Pattern } from '../paths.js';
import { compareRef } from '../rule-order.js';
import type { EffectiveRules, PathRule, PathRules } from '../rules.js';
import { indexPatterns } from './pattern-index.js';
import { finding, named, type Finding } from './types.js';

/** Longest name that Linux file systems hold, in bytes (NAME_MAX). */
const MAX_NAME_BYTES = 255;

const utf8 = new TextEncoder();

export interface Parsed {
  readonly rule: PathRule;
  readonly pattern: Pattern;
}

export const parsed = (rules: readonly PathRule[] = []): readonly Parsed[] =>
  rules.map((rule) => ({ rule, pattern: parsePattern(rule.pattern) }));

const grantsAll = (wide: PathRule, narrow: PathRule): boolean =>
  accessOf(narrow).every((access) => accessOf(wide).includes(access));

const indexOf = (list: readonly Parsed[]) =>
  indexPatterns(list.map(({ rule, pattern }) => ({ pattern, value: rule })));

const tooLong = (list: readonly Parsed[]): readonly Finding[] =>
  list.flatMap(({ rule, pattern }) =>
    pattern.segments.some(
      (segment) => segment.kind !== 'Any' && utf8.encode(segment.text).length > MAX_NAME_BYTES,
    )
      ? [
          finding(
            rule.ref,
            'MatchesNothing',
            `matches nothing: no file name is longer than ${MAX_NAME_BYTES.toString()} bytes`,
            'Remove it, or shorten the name with a *.',
          ),
        ]
      : [],
  );

const denied = (allow: readonly Parsed[], deny: readonly Parsed[]): readonly Finding[] => {
  const index = indexOf(deny);
  return allow.flatMap(({ rule, pattern }) => {
    const by = index.covering(pattern).find((wide) => grantsAll(wide, rule));
    return by === undefined
      ? []
      : [
          finding(
            rule.ref,
            'RuleDenied',
            `allows nothing: ${named(by.ref)} refuses all of it`,
            'Remove one of the two.',
          ),
        ];
  });
};

/** Of two rules that say the same, the later one is superfluous. */
const implies = (wide: PathRule, narrow: PathRule): boolean =>
  wide !== narrow &&
  grantsAll(wide, narrow) &&
  (wide.pattern !== narrow.pattern ||
    !grantsAll(narrow, wide) ||
    compareRef(wide.ref, narrow.ref) < 0);

const shadowed = (list: readonly Parsed[]): readonly Finding[] => {
  const index = indexOf(list);
  return list.flatMap(({ rule, pattern }) => {
    const by = index.covering(pattern).find((wide) => implies(wide, rule));
    return by === undefined
      ? []
      : [
          finding(
            rule.ref,
            'RuleShadowed',
            `adds nothing: ${named(by.ref)} covers it`,
            'Remove it, or narrow the other one.',
            'Info',
          ),
        ];
  });
};

const uselessIn = ({ allow, deny }: PathRules): readonly Finding[] => {
  const [allowed, refused] = [parsed(allow), parsed(deny)];
  return [
    ...tooLong([...allowed, ...refused]),
    ...denied(allowed, refused),
    ...shadowed(allowed),
    ...shadowed(refused),
  ];
};

export const uselessPathRules = ({ exec, files }: EffectiveRules): readonly Finding[] => [
  ...uselessIn(exec),
  ...uselessIn(files),
];
