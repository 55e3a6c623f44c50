/** States and decisions for the path rules of several profiles. */
import type { RuleRef } from '../operation.js';
import { parsePattern } from '../paths.js';
import { compareDeciding, type ParsedRule } from '../rule-order.js';
import type { EffectiveRules, PathRule } from '../rules.js';
import { decisionsAt, type Matching } from './accept.js';
import { subsetConstruction } from './subset.js';
import type { Accept, RankedDecision, State } from './types.js';

const LISTS = ['execAllow', 'execDeny', 'filesAllow', 'filesDeny'] as const;
type List = (typeof LISTS)[number];

interface Entry extends ParsedRule {
  readonly profile: number;
  readonly list: List;
}

const listOf = ({ exec, files }: EffectiveRules, list: List): readonly PathRule[] | undefined =>
  ({
    execAllow: exec.allow,
    execDeny: exec.deny,
    filesAllow: files.allow,
    filesDeny: files.deny,
  })[list];

const entriesOf = (profiles: readonly EffectiveRules[]): readonly Entry[] =>
  profiles
    .flatMap((rules, profile) =>
      LISTS.flatMap((list) =>
        (listOf(rules, list) ?? []).map((rule): Entry => {
          return { rule, pattern: parsePattern(rule.pattern), profile, list };
        }),
      ),
    )
    .sort(compareDeciding);

/** The rules of a profile among the entries that match; an absent allow-list stays absent. */
const matchingOf = (
  rules: EffectiveRules,
  profile: number,
  entries: readonly Entry[],
): Matching => {
  const own = entries.filter((entry) => entry.profile === profile);
  const of = (list: List): readonly PathRule[] =>
    own.filter((entry) => entry.list === list).map(({ rule }) => rule);
  const filelessExec = rules.forbid.find(({ name }) => name === 'FilelessExec')?.ref;
  return {
    profile: rules.profile,
    execDeny: of('execDeny'),
    filesDeny: of('filesDeny'),
    ...(rules.exec.allow === undefined ? {} : { execAllow: of('execAllow') }),
    ...(rules.files.allow === undefined ? {} : { filesAllow: of('filesAllow') }),
    ...(filelessExec === undefined ? {} : { filelessExec }),
  };
};

/** Keeps one of each of equal values; gives its number. */
class Interner<T> {
  readonly values: T[] = [];
  readonly #numbers = new Map<string, number>();

  numberOf(key: string, value: () => T): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.values.push(value()) - 1;
    this.#numbers.set(key, number);
    return number;
  }
}

const refKey = (ref: RuleRef | undefined): string =>
  ref === undefined ? '' : [ref.class, ref.list, ref.index, ref.profile].join(' ');

const decisionKey = ({ rank, verdict }: RankedDecision): string =>
  [
    rank,
    verdict.kind === 'Allow' ? '' : verdict.class,
    verdict.kind === 'CannotTell' ? '' : refKey(verdict.rule),
  ].join(' ');

export interface PathsTable {
  readonly start: number;
  readonly states: readonly State[];
  readonly accepts: readonly Accept[];
  readonly decisions: readonly RankedDecision[];
}

/** Throws `TooComplex` and `PathInvalid`. */
export const compilePaths = (profiles: readonly EffectiveRules[]): PathsTable => {
  const entries = entriesOf(profiles);
  const patterns = [...new Map(entries.map((entry) => [entry.rule.pattern, entry])).values()];
  const numbers = new Map(patterns.map(({ rule }, index) => [rule.pattern, index]));
  const byPattern: number[][] = patterns.map(() => []);
  for (const [index, { rule }] of entries.entries())
    byPattern[numbers.get(rule.pattern) ?? 0]?.push(index);

  const raw = subsetConstruction(
    patterns.map(({ pattern }) => pattern),
    () => profiles.map(({ profile }) => profile).join(', '),
  );
  const decisions = new Interner<RankedDecision>();
  const accepts = new Interner<Accept>();
  const byMatched = new Map<string, number>();

  const acceptOf = (matched: readonly number[]): number => {
    const key = matched.join();
    const known = byMatched.get(key);
    if (known !== undefined) return known;
    const here = matched
      .flatMap((pattern) => byPattern[pattern] ?? [])
      .sort((a, b) => a - b)
      .flatMap((index) => entries[index] ?? []);
    const ids = decisionsAt(profiles.map((rules, profile) => matchingOf(rules, profile, here))).map(
      (decision) => decisions.numberOf(decisionKey(decision), () => decision),
    );
    const accept = accepts.numberOf(ids.join(), () => ids);
    byMatched.set(key, accept);
    return accept;
  };

  const states = raw.states.map(({ matched, ...edges }): State => ({
    ...edges,
    accept: acceptOf(matched),
  }));
  return { start: raw.start, states, accepts: accepts.values, decisions: decisions.values };
};
