/** The verdict of compiled profiles: the same as the reference's, at a price that fits every event. */
import { orderedAccess } from '../access.js';
import { doubtOf } from '../judge.js';
import type { Access, Operation, PathDoubt, PathObject, Protocol, Verdict } from '../operation.js';
import { mostRestrictive, type Decision } from '../verdicts.js';
import { SILENCE } from './accept.js';
import { networkRule } from './network-table.js';
import {
  DELETED_EXEC,
  DELETED_MAP,
  EXEC,
  FIRST_ACCESS,
  type Automaton,
  type CompiledNetwork,
  type NameTable,
  type RankedDecision,
} from './types.js';
import { walk } from './walk.js';

/** Where the answers for an object are: those of the state in which its path ends. */
const answersFor = (automaton: Automaton, path: string): readonly number[] | undefined => {
  const state = automaton.states[walk(automaton.states, automaton.start, path)];
  return state && automaton.accepts[state.accept];
};

/** Fills in why a path is in doubt. */
const withDoubt = (decision: RankedDecision, doubt: PathDoubt): RankedDecision =>
  decision.verdict.kind === 'CannotTell'
    ? { ...decision, verdict: { ...decision.verdict, doubt } }
    : decision;

/** The most restrictive answer to several questions about one object. */
const answer = (
  automaton: Automaton,
  object: PathObject,
  questions: readonly number[],
): Decision => {
  const doubt = doubtOf(object);
  const answers = doubt === undefined ? answersFor(automaton, object.path) : undefined;
  let lowest = SILENCE;
  for (const question of questions) {
    const decision =
      doubt === undefined
        ? automaton.decisions[answers?.[question] ?? 0]
        : automaton.doubtful[question];
    if (decision !== undefined && decision.rank < lowest.rank) lowest = decision;
  }
  return doubt === undefined ? lowest : withDoubt(lowest, doubt);
};

const QUESTION: Readonly<Record<Access, number>> = {
  Read: FIRST_ACCESS,
  Write: FIRST_ACCESS + 1,
  Create: FIRST_ACCESS + 2,
  Delete: FIRST_ACCESS + 3,
  MapExecutable: FIRST_ACCESS + 4,
  Attributes: FIRST_ACCESS + 5,
};

const decideFile = (
  automaton: Automaton,
  object: PathObject,
  access: readonly Access[],
): Decision => {
  if (object.fileless) return access.includes('MapExecutable') ? automaton.fileless : SILENCE;
  // In the fixed order, so that of equal answers the same one is given however they were asked for.
  const questions = (access.length > 1 ? orderedAccess(access) : access).map((one) =>
    one === 'MapExecutable' && object.deleted ? DELETED_MAP : QUESTION[one],
  );
  return answer(automaton, object, questions);
};

const decideNetwork = (
  lists: readonly CompiledNetwork[],
  side: 'egress' | 'ingress',
  protocol: Protocol,
  address: string,
  port: number,
): Decision =>
  mostRestrictive(
    lists.map((list): Decision => {
      const rule = networkRule(list, protocol, address, port);
      const verdict: Verdict =
        rule === undefined ? { kind: 'Deny', class: side } : { kind: 'Allow', rule };
      return { profile: list.profile, verdict };
    }),
  );

const lookUp = ({ names, otherwise }: NameTable, name: string): Decision =>
  names.get(name) ?? otherwise;

/** The verdict and the profile that gave it. */
export const decide = (automaton: Automaton, operation: Operation): Decision => {
  switch (operation.kind) {
    case 'Exec': {
      const { object } = operation;
      if (object.fileless) return automaton.fileless;
      return answer(automaton, object, [object.deleted ? DELETED_EXEC : EXEC]);
    }
    case 'File':
      return decideFile(automaton, operation.object, operation.access);
    case 'Connect': {
      const { protocol, address, port } = operation;
      return decideNetwork(automaton.egress, 'egress', protocol, address, port);
    }
    case 'Bind': {
      const { protocol, address, port } = operation;
      return decideNetwork(automaton.ingress, 'ingress', protocol, address, port);
    }
    case 'Capability':
      return lookUp(automaton.capabilities, operation.capability);
    case 'Syscall':
      return lookUp(automaton.syscalls[operation.architecture], operation.name);
    case 'Forbidden':
      return lookUp(automaton.forbid, operation.behaviour);
  }
};

/** As `decide`, without the profile. Equal to `judgeAll` of the profiles that were compiled. */
export const evaluate = (automaton: Automaton, operation: Operation): Verdict =>
  decide(automaton, operation).verdict;
