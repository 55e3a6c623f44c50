/** Items from operations: each is checked against both profiles before it is reported. */
import { evaluate } from '../automaton/evaluate.js';
import type { Automaton } from '../automaton/types.js';
import type { Operation, RuleClass } from '../operation.js';
import type { DifferenceItem } from './types.js';

/** The two sides of a comparison, compiled. */
export interface Sides {
  readonly a: Automaton;
  readonly b: Automaton;
}

/** Whether `a` allows the operation and `b` does not. */
export const differ = ({ a, b }: Sides, operation: Operation): boolean =>
  evaluate(a, operation).kind === 'Allow' && evaluate(b, operation).kind !== 'Allow';

/** An item whose example is that operation, with the rule that allows it. */
export const itemOf = (
  { a }: Sides,
  ruleClass: RuleClass,
  text: string,
  example: Operation,
  more: Pick<DifferenceItem, 'pattern' | 'except' | 'access'> = {},
): DifferenceItem => {
  const verdict = evaluate(a, example);
  const rule = verdict.kind === 'Allow' ? verdict.rule : undefined;
  return { class: ruleClass, text, example, ...more, ...(rule === undefined ? {} : { rule }) };
};

/** For a class that is an allow-list on one side only: listing all the rest would help nobody. */
export const restText = (profile: string): string => `anything that ${profile} does not allow`;
