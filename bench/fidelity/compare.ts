/** Recall and precision of a recording, class by class. */
import { CLASSES } from './items.js';
import type { Class, Items, Truth } from './items.js';

export interface Score {
  readonly class: Class;
  /** Distinct items that strace saw. */
  readonly truth: number;
  readonly missed: readonly string[];
  /** Recorded, and not seen by strace. */
  readonly foreign: readonly string[];
}

export const compare = (truth: Truth, recorded: Items): readonly Score[] =>
  CLASSES.map((name) => {
    const required = truth.required[name];
    const possible = truth.possible[name];
    return {
      class: name,
      truth: required.size,
      missed: [...required].filter((item) => !recorded[name].has(item)).sort(),
      foreign: [...recorded[name]]
        .filter((item) => !required.has(item) && !possible.has(item))
        .sort(),
    };
  });

/** Recall of many recordings together; 1 where there was nothing to see. */
export const recall = (scores: readonly Score[]): number => {
  const truth = scores.reduce((sum, score) => sum + score.truth, 0);
  const missed = scores.reduce((sum, score) => sum + score.missed.length, 0);
  return truth === 0 ? 1 : (truth - missed) / truth;
};
