/** The meaning of two profiles compared: what the first allows and the second does not. */
import { compile } from '../automaton/compile.js';
import type { EffectiveRules } from '../rules.js';
import type { Sides } from './items.js';
import { diffCapabilities, diffForbid, diffSyscalls } from './names.js';
import { diffNetwork } from './network.js';
import { diffPaths } from './paths.js';
import type { DifferenceItem } from './types.js';

/**
 * What `a` allows and `b` does not, class by class; empty exactly where `b` allows all that `a` does.
 * How rules are written makes no difference. A class that is an allow-list in `b` alone is one item.
 * Texts that are no IP address are left out: no kernel reports one. Throws `TooComplex`.
 */
export const diff = (a: EffectiveRules, b: EffectiveRules): readonly DifferenceItem[] => {
  const sides: Sides = { a: compile([a]), b: compile([b]) };
  return [
    ...diffPaths(sides, a, b),
    ...diffNetwork(sides, a, b, 'egress'),
    ...diffNetwork(sides, a, b, 'ingress'),
    ...diffCapabilities(sides, a, b),
    ...diffSyscalls(sides, a, b),
    ...diffForbid(sides),
  ];
};
