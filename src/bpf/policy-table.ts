/**
 * Compiled rules as the kernel reads them: `struct pf_policy_*` of pinfold_shared.h, in one array. Edges are
 * an open-addressed table; bpf/lsm/policy.h looks in it, with the same hash.
 */
import type { Automaton, RankedDecision, State } from '../policy/automaton/types.js';
import { DELETED_EXEC, DELETED_MAP, EXEC, FIRST_ACCESS } from '../policy/automaton/types.js';
import { PinfoldError } from '../errors.js';
import { LAYOUT, POLICY } from './layout.js';

/** What one policy holds: rules that refuse, rules that only say that they would, or both. */
export interface CompiledPolicy {
  readonly enforce?: Automaton;
  readonly audit?: Automaton;
}

const MAP_EXECUTABLE = FIRST_ACCESS + 4;
/** Questions in the order in which of equal decisions the first is given: evaluate.ts. */
const QUESTION_ORDER = [0, 1, 2, 3, 4, 5, MAP_EXECUTABLE, DELETED_MAP, 7] as const;
const MAX_RULE = 0xffff;
const MAX_NAME = 255;

const M32 = 0xffff_ffffn;
const M64 = 0xffff_ffff_ffff_ffffn;

/** A hash in two lanes. */
type NameHash = readonly [bigint, bigint];

/** NH of a name's words, to the last, partial or empty one, but two at least. `keys`: 34. */
export const hashName = (name: Uint8Array, keys: readonly bigint[]): NameHash => {
  const words = name.length < 16 ? 2 : (name.length >> 3) + 1;
  const padded = Buffer.alloc(words * 8);
  padded.set(name);
  let first = 0n;
  let second = 0n;
  const product = (low: bigint, high: bigint, key: bigint): bigint =>
    ((low + key) & M32) * ((high + (key >> 32n)) & M32);
  for (let at = 0; at < words; at += 1) {
    const low = BigInt(padded.readUInt32LE(at * 8));
    const high = BigInt(padded.readUInt32LE(at * 8 + 4));
    first += product(low, high, keys[at] ?? 0n);
    second += product(low, high, keys[at + 1] ?? 0n);
  }
  return [first & M64, second & M64];
};

interface Edge {
  readonly from: number;
  readonly name: string;
  readonly prefix: boolean;
  readonly next: number;
}

const placeOf = (hash: bigint, state: number, places: number): number => {
  const start = hash ^ ((BigInt(state) * 0x9e37_79b9_7f4a_7c15n) & M64);
  const mixed = ((start ^ (start >> 32n)) * 0xd6e8_feb8_6659_fd93n) & M64;
  return Number(((mixed >> 32n) * BigInt(places)) >> 32n);
};

/** Allocations of the kernel are powers of two up to this size, then whole pages. */
const LARGEST_SLAB = 32_768;
/** More than the kernel keeps beside an array's values. */
const ARRAY_HEAD = 512;

/** Places for that many edges: two thirds full, and whatever else the allocation would waste. */
const placesFor = (edges: number, others: number): number => {
  const least = Math.ceil(edges * 1.5) + 1;
  const bytes = (others + least) * POLICY.recordBytes + ARRAY_HEAD;
  if (bytes > LARGEST_SLAB) return least;
  const slab = 2 ** Math.ceil(Math.log2(bytes));
  return Math.max(least, Math.floor((slab - ARRAY_HEAD) / POLICY.recordBytes) - others);
};

const isFinal = (state: State, number: number): boolean =>
  state.exact.size === 0 && state.prefix.size === 0 && state.otherwise === number;

/** Records of one automaton, and where they begin. */
interface Section {
  readonly automaton: Automaton;
  readonly states: number;
  /** Accepts of states, then the one for doubt and the one for what has no file. */
  readonly accepts: number;
  readonly end: number;
}

const sectionAt = (automaton: Automaton, from: number): Section => {
  const accepts = from + automaton.states.length;
  return { automaton, states: from, accepts, end: accepts + automaton.accepts.length + 2 };
};

/** A state's record, marked where no name leads out of it. */
const reference = ({ automaton, states }: Section, state: number): number => {
  const target = automaton.states[state];
  const final = target === undefined || isFinal(target, state);
  return (states + state + (final ? POLICY.stateFinal : 0)) >>> 0;
};

const encodedName = (text: string): Buffer => Buffer.from(text, 'utf8');

const edgesOf = (section: Section): readonly Edge[] =>
  section.automaton.states.flatMap((state, number) =>
    [
      ...[...state.exact].map(([name, next]) => ({ name, next, prefix: false })),
      ...[...state.prefix].map(([name, next]) => ({ name, next, prefix: true })),
    ]
      .filter(({ name }) => encodedName(name).length <= MAX_NAME)
      .map(({ name, next, prefix }) => ({
        from: section.states + number,
        name,
        prefix,
        next: reference(section, next),
      })),
  );

const ruleOf = (index: number): number => {
  if (index >= MAX_RULE)
    throw new PinfoldError('TooComplex', {
      profiles: 'the profiles of one container',
      problem: `they decide in more than ${String(MAX_RULE)} different ways`,
    });
  return index + 1;
};

/** What of the nine questions is decided how; `rule` 0: the decision is not among the automaton's. */
type Answers = readonly { readonly decision: RankedDecision; readonly rule: number }[];

const sameDecision = (a: RankedDecision, b: RankedDecision): boolean =>
  a.rank === b.rank &&
  a.profile === b.profile &&
  JSON.stringify(a.verdict) === JSON.stringify(b.verdict);

const answered = (automaton: Automaton, decision: RankedDecision): Answers[number] => ({
  decision,
  rule: ruleOf(automaton.decisions.findIndex((each) => sameDecision(each, decision))),
});

const doubtfulAnswers = (automaton: Automaton): Answers =>
  automaton.doubtful.map((decision) => answered(automaton, decision));

const SILENCE: Answers[number] = { decision: { verdict: { kind: 'Allow' }, rank: 0 }, rule: 0 };

/** Only execution, and executable mapping, of what never had a name can be refused. */
const filelessAnswers = (automaton: Automaton): Answers =>
  QUESTION_ORDER.map((_, question) =>
    [EXEC, DELETED_EXEC, MAP_EXECUTABLE, DELETED_MAP].some((one) => one === question)
      ? answered(automaton, automaton.fileless)
      : SILENCE,
  );

const writeAccept = (bytes: Buffer, at: number, answers: Answers): void => {
  const field = LAYOUT.pf_policy_accept;
  const order = QUESTION_ORDER.toSorted(
    (a, b) => (answers[a]?.decision.rank ?? 0) - (answers[b]?.decision.rank ?? 0),
  );
  let packed = 0n;
  let allowed = 0;
  for (const [index, question] of order.entries()) {
    const answer = answers[question];
    packed |= BigInt(question) << BigInt(4 * index);
    bytes.writeUInt16LE(answer?.rule ?? 0, at + field.decision + index * 2);
    if (answer?.decision.verdict.kind === 'Allow') allowed |= 1 << question;
  }
  bytes.writeBigUInt64LE(packed, at + field.order);
  bytes.writeUInt16LE(allowed, at + field.allowed);
};

const writeState = (bytes: Buffer, at: number, state: State, section: Section): void => {
  const field = LAYOUT.pf_policy_state;
  bytes.writeUInt32LE(reference(section, state.otherwise), at + field.otherwise);
  bytes.writeUInt32LE(section.accepts + state.accept, at + field.accept);
  const lengths = new Set([...state.prefix.keys()].map((text) => encodedName(text).length));
  [...lengths]
    .filter((length) => length <= MAX_NAME)
    .sort((a, b) => b - a)
    .forEach((length, index) => {
      bytes[at + field.prefix + index] = length;
    });
};

const writeSection = (bytes: Buffer, group: number, section: Section): void => {
  const { automaton, accepts } = section;
  const record = (number: number): number => number * POLICY.recordBytes;
  const field = LAYOUT.pf_policy_group;
  const head = record(1 + group);
  const special = accepts + automaton.accepts.length;
  bytes.writeUInt32LE(1, head + field.present);
  bytes.writeUInt32LE(reference(section, automaton.start), head + field.start);
  bytes.writeUInt32LE(special, head + field.doubtful);
  bytes.writeUInt32LE(special + 1, head + field.fileless);
  automaton.states.forEach((state, number) => {
    writeState(bytes, record(section.states + number), state, section);
  });
  automaton.accepts.forEach((accept, number) => {
    const answers = accept.flatMap((index) => {
      const decision = automaton.decisions[index];
      return decision === undefined ? [] : [{ decision, rule: ruleOf(index) }];
    });
    writeAccept(bytes, record(accepts + number), answers);
  });
  writeAccept(bytes, record(special), doubtfulAnswers(automaton));
  writeAccept(bytes, record(special + 1), filelessAnswers(automaton));
};

/** Where each edge comes to lie, or undefined when one is further from its place than the kernel looks. */
const arrange = (
  edges: readonly (readonly [Edge, NameHash])[],
  places: number,
): readonly (readonly [Edge, NameHash] | undefined)[] | undefined => {
  const table = Array.from<readonly [Edge, NameHash] | undefined>({
    length: places + POLICY.edgeProbes - 1,
  });
  for (const entry of edges) {
    const from = placeOf(entry[1][0], entry[0].from, places);
    let at = from;
    while (table[at] !== undefined) at += 1;
    if (at - from >= POLICY.edgeProbes) return undefined;
    table[at] = entry;
  }
  return table;
};

/**
 * `keys`: of the shared secret. The result is the inner map, 32 bytes a record.
 * @throws PinfoldError TooComplex
 */
export const encodePolicy = (
  compiled: CompiledPolicy,
  generation: number,
  keys: readonly bigint[],
): Buffer => {
  let end = 1 + POLICY.groups;
  const sections = [compiled.enforce, compiled.audit].map((automaton) => {
    if (automaton === undefined) return undefined;
    const section = sectionAt(automaton, end);
    end = section.end;
    return section;
  });
  const hashes = new Map<string, NameHash>();
  const hashOf = (name: string): NameHash => {
    const known = hashes.get(name) ?? hashName(encodedName(name), keys);
    hashes.set(name, known);
    return known;
  };
  const edges = sections
    .flatMap((section) => (section === undefined ? [] : edgesOf(section)))
    .map((edge) => [edge, hashOf(edge.name)] as const);

  let places = placesFor(edges.length, end + POLICY.edgeProbes - 1);
  let table = arrange(edges, places);
  while (table === undefined) {
    places *= 2;
    table = arrange(edges, places);
  }

  const bytes = Buffer.alloc((end + table.length) * POLICY.recordBytes);
  const head = LAYOUT.pf_policy_head;
  bytes.writeUInt32LE(generation >>> 0, head.generation);
  bytes.writeUInt32LE(places, head.edges);
  bytes.writeUInt32LE(end, head.edges_from);
  sections.forEach((section, group) => {
    if (section !== undefined) writeSection(bytes, group, section);
  });
  table.forEach((entry, index) => {
    if (entry === undefined) return;
    const [edge, hash] = entry;
    const at = (end + index) * POLICY.recordBytes;
    const field = LAYOUT.pf_policy_edge;
    bytes.writeBigUInt64LE(hash[0], at + field.hash);
    bytes.writeBigUInt64LE(hash[1], at + field.hash + 8);
    bytes.writeUInt32LE(edge.from, at + field.state);
    const length = encodedName(edge.name).length + (edge.prefix ? POLICY.edgePrefix : 0);
    bytes.writeUInt32LE(length, at + field.length);
    bytes.writeUInt32LE(edge.next, at + field.next);
  });
  return bytes;
};
