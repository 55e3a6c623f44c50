/** The verdict of one profile's rules, at a price that fits every event. */
import { PinfoldError } from '../errors.js';
import { compile } from '../policy/automaton/compile.js';
import { evaluate } from '../policy/automaton/evaluate.js';
import type { Automaton } from '../policy/automaton/types.js';
import { judge } from '../policy/judge.js';
import type { Operation, Verdict } from '../policy/operation.js';
import type { EffectiveRules } from '../policy/rules.js';

export interface RuleJudge {
  readonly verdict: (operation: Operation) => Verdict;
  /** Absent for rules that are too many to compile: these are judged one by one. */
  readonly automaton?: Automaton;
}

/** Judges by the rules as they stand, without compiling them. */
export const referenceJudge = (rules: EffectiveRules): RuleJudge => ({
  verdict: (operation) => judge(rules, operation),
});

const compiled = (rules: EffectiveRules): RuleJudge => {
  try {
    const automaton = compile([rules]);
    return { automaton, verdict: (operation) => evaluate(automaton, operation) };
  } catch (error) {
    if (!(error instanceof PinfoldError) || error.code !== 'TooComplex') throw error;
    return referenceJudge(rules);
  }
};

/** One profile is in force for many slots and outlives most of them. */
const known = new WeakMap<EffectiveRules, RuleJudge>();

/** Compiled rules: their cost does not grow with the number of rules. */
export const compiledJudge = (rules: EffectiveRules): RuleJudge => {
  const judgeOfRules = known.get(rules) ?? compiled(rules);
  known.set(rules, judgeOfRules);
  return judgeOfRules;
};
