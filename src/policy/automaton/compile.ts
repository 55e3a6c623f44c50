/** Profiles → the tables that are asked at every operation. */
import { decideAll } from '../judge.js';
import {
  ACCESSES,
  ARCHITECTURES,
  FORBIDDABLE,
  type Architecture,
  type Operation,
  type RuleClass,
} from '../operation.js';
import type { EffectiveRules } from '../rules.js';
import { ranked } from './accept.js';
import { compileNetwork } from './network-table.js';
import { compilePaths } from './paths-table.js';
import type { Automaton, NameTable, RankedDecision } from './types.js';

/** A name that no rule can hold, so that it stands for all names that no rule holds. */
const UNNAMED = '';

const namesOf = (
  profiles: readonly EffectiveRules[],
  ruleClass: Extract<RuleClass, 'capabilities' | 'syscalls'>,
): readonly string[] => [
  ...new Set(
    profiles.flatMap((rules) =>
      [...(rules[ruleClass].allow ?? []), ...rules[ruleClass].deny].map(({ name }) => name),
    ),
  ),
];

const tableOf = (
  profiles: readonly EffectiveRules[],
  names: readonly string[],
  operationOf: (name: string) => Operation,
): NameTable => ({
  names: new Map(names.map((name) => [name, decideAll(profiles, operationOf(name))])),
  otherwise: decideAll(profiles, operationOf(UNNAMED)),
});

/** Ranks what the reference verdict says, as the decisions of states are ranked. */
const rankedDecision = (
  profiles: readonly EffectiveRules[],
  operation: Operation,
): RankedDecision => {
  const { profile, verdict } = decideAll(profiles, operation);
  const order = profiles.findIndex((rules) => rules.profile === profile);
  return ranked(verdict, profile, Math.max(order, 0));
};

/** A stand-in: which doubt it is makes no difference to what is decided. */
const DOUBTFUL = { path: '/', doubt: 'Unreadable' } as const;

const doubtfulOf = (profiles: readonly EffectiveRules[]): readonly RankedDecision[] =>
  (
    [
      { kind: 'Exec', object: DOUBTFUL },
      { kind: 'Exec', object: { ...DOUBTFUL, deleted: true } },
      ...ACCESSES.map((one): Operation => {
        return { kind: 'File', object: DOUBTFUL, access: [one] };
      }),
      { kind: 'File', object: { ...DOUBTFUL, deleted: true }, access: ['MapExecutable'] },
    ] satisfies Operation[]
  ).map((operation) => rankedDecision(profiles, operation));

/**
 * Compiles the intersection of several profiles: an operation is allowed where every one allows it.
 * The time to evaluate a path grows with its depth, not with the number of rules or profiles.
 * Throws `TooComplex` beyond 65,536 states or four prefix lengths in one directory.
 */
export const compile = (profiles: readonly EffectiveRules[]): Automaton => {
  const syscalls = namesOf(profiles, 'syscalls');
  const syscallTable = (architecture: Architecture): NameTable =>
    tableOf(profiles, syscalls, (name) => ({ kind: 'Syscall', architecture, name }));
  return {
    profiles: profiles.map(({ profile }) => profile),
    ...compilePaths(profiles),
    fileless: rankedDecision(profiles, { kind: 'Exec', object: { path: '/', fileless: true } }),
    doubtful: doubtfulOf(profiles),
    egress: compileNetwork(profiles, 'egress'),
    ingress: compileNetwork(profiles, 'ingress'),
    capabilities: tableOf(profiles, namesOf(profiles, 'capabilities'), (capability) => ({
      kind: 'Capability',
      capability,
    })),
    syscalls: Object.fromEntries(
      ARCHITECTURES.map((architecture) => [architecture, syscallTable(architecture)]),
    ) as Record<Architecture, NameTable>,
    forbid: {
      names: new Map(
        FORBIDDABLE.map((behaviour) => [
          behaviour,
          decideAll(profiles, { kind: 'Forbidden', behaviour }),
        ]),
      ),
      otherwise: { verdict: { kind: 'Allow' } },
    },
  };
};
