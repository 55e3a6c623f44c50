/** Network rules that are implied by another one, or hold for everybody. */
import { compileNetworkRule, LAST_PORT } from '../automaton/network-table.js';
import type { CompiledNetworkRule } from '../automaton/types.js';
import { normalised, without } from '../intervals.js';
import { everything, rangeOf, type Family, type Range } from '../network.js';
import { PROTOCOLS } from '../operation.js';
import { compareRef } from '../rule-order.js';
import type { EffectiveRules, NetworkRule } from '../rules.js';
import { finding, named, type Finding } from './types.js';

type Side = 'egress' | 'ingress';

/** A rule as ports and, by family, sets of addresses. */
interface Reach {
  readonly rule: NetworkRule;
  readonly ports: NonNullable<CompiledNetworkRule['ports']>;
  readonly addresses: readonly (readonly Range[])[];
}

const FAMILIES: readonly Family[] = [4, 6];

const reachOf =
  (side: Side) =>
  (rule: NetworkRule): Reach => {
    const { ports, ranges } = compileNetworkRule(rule, side);
    return {
      rule,
      ports: ports ?? PROTOCOLS.map((protocol) => ({ protocol, first: 0, last: LAST_PORT })),
      addresses: FAMILIES.map((family) =>
        normalised(
          ranges?.filter((range) => range.family === family) ?? [rangeOf(everything(family))],
        ),
      ),
    };
  };

const covers = (wide: Reach, narrow: Reach): boolean =>
  narrow.ports.every((port) =>
    wide.ports.some(
      ({ protocol, first, last }) =>
        protocol === port.protocol && first <= port.first && port.last <= last,
    ),
  ) &&
  narrow.addresses.every(
    (ranges, family) => without(ranges, wide.addresses[family] ?? []).length === 0,
  );

const shadowed = (reaches: readonly Reach[]): readonly Finding[] =>
  reaches.flatMap((narrow) => {
    const by = reaches.find(
      (wide) =>
        wide !== narrow &&
        covers(wide, narrow) &&
        (!covers(narrow, wide) || compareRef(wide.rule.ref, narrow.rule.ref) < 0),
    );
    if (by === undefined) return [];
    const says = `adds nothing: ${named(by.rule.ref)} covers it`;
    const suggestion = 'Remove it, or narrow the other one.';
    return [finding(narrow.rule.ref, 'RuleShadowed', says, suggestion, 'Info')];
  });

const isEveryAddress = ({ addresses }: Reach): boolean =>
  addresses.some((ranges, index) => {
    const family = FAMILIES[index] ?? 4;
    return without([rangeOf(everything(family))], ranges).length === 0;
  });

const open = (reaches: readonly Reach[], side: Side): readonly Finding[] =>
  reaches.flatMap((reach) => {
    const everyPort = reach.ports.some(({ first, last }) => first === 0 && last === LAST_PORT);
    if (!everyPort || !isEveryAddress(reach)) return [];
    return [
      side === 'egress'
        ? finding(
            reach.rule.ref,
            'AllowsAnyPeer',
            'allows every port of every address',
            'Name the services that the workload talks to.',
          )
        : finding(
            reach.rule.ref,
            'AllowsAnyPeer',
            'allows listening on every port',
            'Name the ports that the workload serves.',
          ),
    ];
  });

export const lintNetwork = (rules: EffectiveRules): readonly Finding[] =>
  (['egress', 'ingress'] as const).flatMap((side) => {
    const reaches = (rules[side] ?? []).map(reachOf(side));
    return [...shadowed(reaches), ...open(reaches, side)];
  });
