/** Capabilities, system calls and forbidden behaviours that one profile allows and another does not. */
import { CAPABILITIES } from '../capabilities.js';
import { ARCHITECTURES, FORBIDDABLE, type Operation } from '../operation.js';
import type { EffectiveRules, NameRules } from '../rules.js';
import { syscallNames } from '../syscalls.js';
import { differ, itemOf, restText, type Sides } from './items.js';
import type { DifferenceItem } from './types.js';

/** Names that the rules hold, also those that this version does not know. */
const namesIn = (...all: readonly NameRules[]): readonly string[] =>
  all.flatMap(({ allow = [], deny }) => [...allow, ...deny].map(({ name }) => name));

/** One item for all where only `b` is an allow-list. */
const condensed = (
  items: readonly DifferenceItem[],
  [a, b]: readonly [NameRules, NameRules],
  profile: string,
): readonly DifferenceItem[] => {
  const [first] = items;
  const open = a.allow === undefined && b.allow !== undefined;
  return open && first !== undefined ? [{ ...first, text: restText(profile) }] : items;
};

export const diffCapabilities = (
  sides: Sides,
  a: EffectiveRules,
  b: EffectiveRules,
): readonly DifferenceItem[] => {
  const names = new Set([...CAPABILITIES, ...namesIn(a.capabilities, b.capabilities)]);
  const items = [...names]
    .map((capability): Operation & { kind: 'Capability' } => ({ kind: 'Capability', capability }))
    .filter((operation) => differ(sides, operation))
    .map((operation) => itemOf(sides, 'capabilities', operation.capability, operation));
  return condensed(items, [a.capabilities, b.capabilities], b.profile);
};

/** One item for each name, with the ABIs where it differs. */
export const diffSyscalls = (
  sides: Sides,
  a: EffectiveRules,
  b: EffectiveRules,
): readonly DifferenceItem[] => {
  const written = namesIn(a.syscalls, b.syscalls);
  const calls = ARCHITECTURES.flatMap((architecture) =>
    [...new Set([...syscallNames(architecture), ...written])]
      .map((name) => ({ kind: 'Syscall', architecture, name }) as const)
      .filter((operation) => differ(sides, operation)),
  );
  const items = [...new Set(calls.map(({ name }) => name))].sort().flatMap((name) => {
    const same = calls.filter((call) => call.name === name);
    const abis = same.map(({ architecture }) => architecture).join(', ');
    return same.slice(0, 1).map((call) => itemOf(sides, 'syscalls', `${name} (${abis})`, call));
  });
  return condensed(items, [a.syscalls, b.syscalls], b.profile);
};

export const diffForbid = (sides: Sides): readonly DifferenceItem[] =>
  FORBIDDABLE.map((behaviour) => ({ kind: 'Forbidden', behaviour }) as const)
    .filter((operation) => differ(sides, operation))
    .map((operation) => itemOf(sides, 'forbid', operation.behaviour, operation));
