/**
 * What the rules say about a plain event, by what makes it differ from others: the answer of each
 * automaton. The text of an answer is cut from the first line of its kind that the reference made.
 */
import type { Outcome } from '../../audit/record.js';
import { RecordSerialiser } from '../../audit/serialise.js';
import { eventAt } from '../../bpf/events.js';
import { DEAD } from '../../policy/automaton/types.js';
import type { Automaton, State } from '../../policy/automaton/types.js';
import { step } from '../../policy/automaton/walk.js';
import { ARCHITECTURES } from '../../policy/operation.js';
import type { Architecture } from '../../policy/operation.js';
import type { Decision } from '../../policy/verdicts.js';
import type { Judging } from '../judging.js';
import type { Directory } from './directories.js';
import { cut } from './pieces.js';
import type { Pieces } from './pieces.js';

export type Refusal = Pieces & { readonly outcome: Outcome };

/** `Left`: only the reference can deal with such events. */
export type Answer = 'Allowed' | 'Left' | Refusal;

const ACCESS_BITS = 6;

const isOneWay = ({ exact, prefixLengths }: State): boolean =>
  exact.size === 0 && prefixLengths.length === 0;

export class Answers {
  readonly #judging: Judging;
  readonly #automata: readonly Automaton[];
  readonly #serialiser = new RecordSerialiser();
  readonly #files = new Map<number, Answer>();
  readonly #calls = new Map<number, Answer>();
  readonly #decisions = new Map<Decision, number>();
  readonly #tuples = new Map<number, number>();

  constructor(judging: Judging, automata: readonly Automaton[]) {
    this.#judging = judging;
    this.#automata = automata;
  }

  /** For the event at `at` about the file of the name at `bytes[from, end)` in a directory. */
  file(
    bytes: Buffer,
    at: number,
    access: number,
    directory: Directory,
    from: number,
    end: number,
  ): Answer {
    if (access === 0 || access >= 1 << ACCESS_BITS) return 'Left';
    let tuple = 0;
    for (let index = 0; index < this.#automata.length; index += 1) {
      const { states } = this.#automata[index] ?? NOTHING;
      const before = directory.states[index] ?? DEAD;
      const state = states[before];
      if (state === undefined) return 'Left';
      let next = DEAD;
      if (before !== DEAD)
        next = isOneWay(state) ? state.otherwise : step(state, bytes.toString('latin1', from, end));
      const accept = states[next]?.accept ?? 0;
      tuple = index === 0 ? accept : this.#tuple(tuple, accept);
    }
    const key = (tuple << ACCESS_BITS) | access;
    return this.#files.get(key) ?? this.#learn(this.#files, key, bytes, at);
  }

  /** Every call comes once for a slot: what can be used again is what the rules answer to many. */
  call(bytes: Buffer, at: number, architecture: Architecture, name: string): Answer {
    let tuple = ARCHITECTURES.indexOf(architecture);
    for (const { syscalls } of this.#automata) {
      const { names, otherwise } = syscalls[architecture];
      const decision = names.get(name) ?? otherwise;
      // What is allowed may still be a forbidden behaviour.
      if (decision.verdict.kind === 'Allow') return 'Left';
      tuple = this.#tuple(tuple, this.#decision(decision));
    }
    return this.#calls.get(tuple) ?? this.#learn(this.#calls, tuple, bytes, at);
  }

  /** What the reference makes of the event; undefined where its line, as one that was shortened, is of no use. */
  reference(bytes: Buffer, at: number): Answer | undefined {
    const event = eventAt(bytes, at);
    if (event === undefined) return undefined;
    const violation = this.#judging.examine(event);
    if (violation === undefined) return 'Allowed';
    if (violation.kill) return 'Left';
    const { record } = violation;
    const pieces = cut(Buffer.from(this.#serialiser.line(record)));
    return pieces && { ...pieces, outcome: record.outcome };
  }

  #learn(answers: Map<number, Answer>, key: number, bytes: Buffer, at: number): Answer {
    const answer = this.reference(bytes, at);
    if (answer !== undefined) answers.set(key, answer);
    return answer ?? 'Left';
  }

  /** A number for each pair. There are at most 65,536 states, so pairs stay exact. */
  #tuple(first: number, second: number): number {
    const pair = first * 65_536 + second;
    const number = this.#tuples.get(pair) ?? this.#tuples.size;
    this.#tuples.set(pair, number);
    return number;
  }

  #decision(decision: Decision): number {
    const number = this.#decisions.get(decision) ?? this.#decisions.size;
    this.#decisions.set(decision, number);
    return number;
  }
}

const NOTHING: Pick<Automaton, 'states'> = { states: [] };
