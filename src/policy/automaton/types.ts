/** The compiled form of the profiles of one slot: plain tables, from which kernel maps are filled. */
import type { Architecture, Protocol, RuleRef } from '../operation.js';
import type { Decision } from '../verdicts.js';

/** Most states that one slot may need (design, "Rules"). */
export const MAX_STATES = 65_536;

/** Most different prefix lengths, in bytes, that are looked up at one state. */
export const MAX_PREFIX_LENGTHS = 4;

/** The state in which no rule can match any more. */
export const DEAD = 0;

/**
 * How one path segment leads on: an exact name, else the longest prefix that has an edge, else
 * `otherwise`.
 */
export interface State {
  readonly exact: ReadonlyMap<string, number>;
  readonly prefix: ReadonlyMap<string, number>;
  /** Lengths of the keys of `prefix` in UTF-16 units, longest first. */
  readonly prefixLengths: readonly number[];
  readonly otherwise: number;
  /** Index into `accepts`. */
  readonly accept: number;
}

/**
 * What is asked of the last state of a path: `exec`, `exec` of a deleted file, each access in the
 * order of `ACCESSES`, and `MapExecutable` of a deleted file.
 */
export const QUESTIONS = 9;
export const EXEC = 0;
export const DELETED_EXEC = 1;
export const FIRST_ACCESS = 2;
export const DELETED_MAP = 8;

/** For each question an index into `decisions`. */
export type Accept = readonly number[];

/** Decisions are compared by `rank`: the lowest is the most restrictive, then of the first profile. */
export interface RankedDecision extends Decision {
  readonly rank: number;
}

/** Inclusive ranges of ports and addresses; a rule matches where one of each holds. */
export interface CompiledNetworkRule {
  /** Absent: any port of any protocol. */
  readonly ports?: readonly {
    readonly protocol: Protocol;
    readonly first: number;
    readonly last: number;
  }[];
  /** Absent: any address. */
  readonly ranges?: readonly {
    readonly family: 4 | 6;
    readonly first: bigint;
    readonly last: bigint;
  }[];
  readonly ref: RuleRef;
}

/** The allow-list of one profile. */
export interface CompiledNetwork {
  readonly profile: string;
  readonly rules: readonly CompiledNetworkRule[];
}

/** Decisions by name; `otherwise` for every name that is not there. */
export interface NameTable {
  readonly names: ReadonlyMap<string, Decision>;
  readonly otherwise: Decision;
}

export interface Automaton {
  /** Names of the profiles, in the order given. */
  readonly profiles: readonly string[];
  readonly start: number;
  readonly states: readonly State[];
  readonly accepts: readonly Accept[];
  readonly decisions: readonly RankedDecision[];
  /** Execution, and executable mapping, of what never had a name. */
  readonly fileless: RankedDecision;
  /** By question, where the path is in doubt; the doubt itself is filled in from the object. */
  readonly doubtful: readonly RankedDecision[];
  readonly egress: readonly CompiledNetwork[];
  readonly ingress: readonly CompiledNetwork[];
  readonly capabilities: NameTable;
  readonly syscalls: Readonly<Record<Architecture, NameTable>>;
  readonly forbid: NameTable;
}
