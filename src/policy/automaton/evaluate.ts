/** The verdict of compiled profiles: the same as the reference's, at a price that fits every event. */
import { doubtOf } from '../judge.js';
import {
  ACCESSES,
  type Access,
  type Operation,
  type PathObject,
  type Protocol,
  type Verdict,
} from '../operation.js';
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

/** Fills in why a path is in doubt. */
const withDoubt = (decision: RankedDecision, object: PathObject): RankedDecision => {
  const doubt = doubtOf(object);
  const { verdict } = decision;
  return doubt === undefined || verdict.kind !== 'CannotTell'
    ? decision
    : { ...decision, verdict: { ...verdict, doubt } };
};

/** Answers questions about one object. */
const questionsAbout = (
  automaton: Automaton,
  object: PathObject,
): ((question: number) => RankedDecision) => {
  if (doubtOf(object) !== undefined)
    return (question) => withDoubt(automaton.doubtful[question] ?? SILENCE, object);
  const state = automaton.states[walk(automaton.states, automaton.start, object.path)];
  const accept = automaton.accepts[state?.accept ?? 0];
  return (question) => automaton.decisions[accept?.[question] ?? 0] ?? SILENCE;
};

const decideFile = (
  automaton: Automaton,
  object: PathObject,
  access: readonly Access[],
): Decision => {
  if (object.fileless) return access.includes('MapExecutable') ? automaton.fileless : SILENCE;
  const ask = questionsAbout(automaton, object);
  let lowest = SILENCE;
  for (const [index, one] of ACCESSES.entries()) {
    if (!access.includes(one)) continue;
    const deletedMap = one === 'MapExecutable' && object.deleted === true;
    const decision = ask(deletedMap ? DELETED_MAP : FIRST_ACCESS + index);
    if (decision.rank < lowest.rank) lowest = decision;
  }
  return lowest;
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
      return questionsAbout(automaton, object)(object.deleted ? DELETED_EXEC : EXEC);
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
