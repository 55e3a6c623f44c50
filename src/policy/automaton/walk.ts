/** Following a path through the states. */
import { DEAD, type State } from './types.js';

type Edges = Pick<State, 'exact' | 'prefix' | 'prefixLengths' | 'otherwise'>;

/** The state after one segment. */
export const step = (state: Edges, segment: string): number => {
  const exact = state.exact.get(segment);
  if (exact !== undefined) return exact;
  for (const length of state.prefixLengths) {
    if (length > segment.length) continue;
    const behind = state.prefix.get(segment.slice(0, length));
    if (behind !== undefined) return behind;
  }
  return state.otherwise;
};

/** The state in which a canonical path ends. */
export const walk = (states: readonly Edges[], start: number, path: string): number => {
  let at = start;
  let from = 1;
  while (from < path.length) {
    const slash = path.indexOf('/', from);
    const to = slash === -1 ? path.length : slash;
    const state = states[at];
    if (at === DEAD || state === undefined) return DEAD;
    at = step(state, path.slice(from, to));
    from = to + 1;
  }
  return at;
};
