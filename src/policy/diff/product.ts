/** Two automata walked side by side: pairs of states, each with the questions to which the answers differ. */
import {
  DELETED_EXEC,
  DELETED_MAP,
  EXEC,
  FIRST_ACCESS,
  QUESTIONS,
  type Automaton,
  type State,
} from '../automaton/types.js';
import { step } from '../automaton/walk.js';
import { ACCESSES, type Access, type Operation } from '../operation.js';

/** A place in both automata, and how to get there. */
export interface Place {
  readonly a: number;
  readonly b: number;
  /** In the path grammar, without `**`. */
  readonly pattern: string;
  /** A path that leads here. */
  readonly example: string;
}

export const keyOf = ({ a, b }: Place): string => `${a.toString()} ${b.toString()}`;

const below = (parent: string, segment: string): string =>
  parent === '/' ? `/${segment}` : `${parent}/${segment}`;

const LETTERS = 'x y z a b c d e f g h i j k l m n o p q r s t u v w 0 1 2 3 4 5 6 7 8 9'.split(
  ' ',
);

/** A segment that starts with `prefix` and takes no edge that is more exact than that. */
const fresh = (prefix: string, names: readonly string[]): string => {
  const taken = new Set(
    names
      .filter((name) => name.length > prefix.length && name.startsWith(prefix))
      .map((name) => name.charAt(prefix.length)),
  );
  const free = LETTERS.find((letter) => !taken.has(letter));
  if (free !== undefined) return prefix + free;
  // More letters than names can take.
  let code = 0x4e00;
  while (taken.has(String.fromCharCode(code))) code++;
  return prefix + String.fromCharCode(code);
};

const edgeNames = (a: State, b: State, kind: 'exact' | 'prefix'): readonly string[] => [
  ...new Set([...a[kind].keys(), ...b[kind].keys()]),
];

const DEAD_STATE: State = {
  exact: new Map(),
  prefix: new Map(),
  prefixLengths: [],
  otherwise: 0,
  accept: 0,
};

export interface Product {
  readonly start: Place;
  /** Where every other segment leads: the pattern ends in `*`. */
  readonly otherwise: (place: Place) => Place;
  /** Where names and prefixes lead that either side knows. */
  readonly named: (place: Place) => readonly Place[];
  /** One bit for each question that `a` answers with yes and `b` does not. */
  readonly differs: (place: Place) => number;
}

/** What a question about a path is, as an operation. */
export const operationOf = (question: number, path: string): Operation => {
  const deleted = question === DELETED_EXEC || question === DELETED_MAP;
  const object = { path, ...(deleted ? { deleted: true as const } : {}) };
  if (question === EXEC || question === DELETED_EXEC) return { kind: 'Exec', object };
  const access = question === DELETED_MAP ? 'MapExecutable' : ACCESSES[question - FIRST_ACCESS];
  return { kind: 'File', object, access: access === undefined ? [] : [access] };
};

/** The accesses whose questions have a bit in the mask. */
export const accessesIn = (mask: number): readonly Access[] =>
  ACCESSES.filter((_, index) => (mask & (1 << (FIRST_ACCESS + index))) !== 0);

const allowedAt = (automaton: Automaton, state: number, question: number): boolean => {
  const accept = automaton.accepts[automaton.states[state]?.accept ?? 0];
  return automaton.decisions[accept?.[question] ?? 0]?.verdict.kind === 'Allow';
};

/** Whoever may run a file may map it: where execution differs, mapping needs no item of its own. */
const MAPPING = (1 << (FIRST_ACCESS + ACCESSES.indexOf('MapExecutable'))) | (1 << DELETED_MAP);

export const productOf = (a: Automaton, b: Automaton): Product => {
  const stateOf = (automaton: Automaton, number: number): State =>
    automaton.states[number] ?? DEAD_STATE;
  const follow = (place: Place, text: string, segment: string): Place => ({
    a: step(stateOf(a, place.a), segment),
    b: step(stateOf(b, place.b), segment),
    pattern: below(place.pattern, text),
    example: below(place.example, segment),
  });
  const statesAt = (place: Place) => [stateOf(a, place.a), stateOf(b, place.b)] as const;
  return {
    start: { a: a.start, b: b.start, pattern: '/', example: '/' },
    otherwise: (place) => {
      const [one, other] = statesAt(place);
      const names = [...edgeNames(one, other, 'exact'), ...edgeNames(one, other, 'prefix')];
      return follow(place, '*', fresh('', names));
    },
    named: (place) => {
      const [one, other] = statesAt(place);
      const exact = edgeNames(one, other, 'exact');
      const prefix = edgeNames(one, other, 'prefix');
      return [
        ...prefix.map((text) => follow(place, `${text}*`, fresh(text, [...exact, ...prefix]))),
        ...exact.map((text) => follow(place, text, text)),
      ];
    },
    differs: (place) => {
      let mask = 0;
      for (let question = 0; question < QUESTIONS; question++)
        if (allowedAt(a, place.a, question) && !allowedAt(b, place.b, question))
          mask |= 1 << question;
      return (mask & (1 << EXEC)) === 0 ? mask : mask & ~MAPPING;
    },
  };
};
