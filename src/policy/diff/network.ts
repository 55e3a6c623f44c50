/** Network: for each protocol and range of ports, the addresses that one profile allows and another does not. */
import { lastOf } from '../address.js';
import { compileNetworkRule, LAST_PORT } from '../automaton/network-table.js';
import type { CompiledNetworkRule } from '../automaton/types.js';
import {
  cidrsOf,
  everything,
  formatAddress,
  formatCidr,
  rangeOf,
  type Cidr,
  type Family,
  type Range,
} from '../network.js';
import { PROTOCOLS, type Operation, type Protocol } from '../operation.js';
import { networkRuleText } from '../rule-text.js';
import type { EffectiveRules } from '../rules.js';
import { normalised, without } from '../intervals.js';
import { itemOf, restText, type Sides } from './items.js';
import type { DifferenceItem } from './types.js';

type Side = 'egress' | 'ingress';
const FAMILIES: readonly Family[] = [4, 6];

/** A rule without ports and addresses: what a class that is no allow-list allows. */
const compiled = (rules: EffectiveRules, side: Side): readonly Omit<CompiledNetworkRule, 'ref'>[] =>
  rules[side]?.map((rule) => compileNetworkRule(rule, side)) ?? [{}];

type Rule = ReturnType<typeof compiled>[number];

const covers = (rule: Rule, protocol: Protocol, port: number): boolean =>
  rule.ports?.some((one) => one.protocol === protocol && one.first <= port && port <= one.last) ??
  true;

/** Addresses of one family that any of the rules allows. */
const addressesOf = (rules: readonly Rule[], family: Family): readonly Range[] =>
  normalised(
    rules.flatMap(
      ({ ranges }) =>
        ranges?.filter((range) => range.family === family) ?? [rangeOf(everything(family))],
    ),
  );

/** The first port of each stretch in which no rule begins or ends. */
const stretches = (rules: readonly Rule[], protocol: Protocol): readonly number[] => {
  const ports = rules.flatMap(({ ports: all = [] }) =>
    all.filter((one) => one.protocol === protocol),
  );
  const starts = ports.flatMap(({ first, last }) => [first, last + 1]);
  return [...new Set([0, ...starts])].filter((port) => port <= LAST_PORT).sort((a, b) => a - b);
};

interface Stretch {
  readonly first: number;
  readonly last: number;
  readonly cidrs: readonly Cidr[];
}

const sameCidrs = (a: readonly Cidr[], b: readonly Cidr[]): boolean =>
  a.map(formatCidr).join() === b.map(formatCidr).join();

const stretchesThatDiffer = (
  a: readonly Rule[],
  b: readonly Rule[],
  protocol: Protocol,
): readonly Stretch[] => {
  const firsts = stretches([...a, ...b], protocol);
  const found: Stretch[] = [];
  for (const [index, first] of firsts.entries()) {
    const last = (firsts[index + 1] ?? LAST_PORT + 1) - 1;
    const here = (rules: readonly Rule[]): readonly Rule[] =>
      rules.filter((rule) => covers(rule, protocol, first));
    const [ours, theirs] = [here(a), here(b)];
    const cidrs = FAMILIES.flatMap((family) =>
      without(addressesOf(ours, family), addressesOf(theirs, family)).flatMap((range) =>
        cidrsOf(family, range),
      ),
    );
    const before = found.at(-1);
    if (before?.last === first - 1 && sameCidrs(before.cidrs, cidrs))
      found.splice(-1, 1, { ...before, last });
    else if (cidrs.length > 0) found.push({ first, last, cidrs });
  }
  return found;
};

const isEveryAddress = (cidrs: readonly Cidr[]): boolean =>
  cidrs.length === FAMILIES.length && cidrs.every(({ prefix }) => prefix === 0);

const stretchText = ({ first, last, cidrs }: Stretch, protocol: Protocol): string => {
  const every = first === 0 && last === LAST_PORT;
  return networkRuleText({
    blocks: isEveryAddress(cidrs)
      ? []
      : cidrs.map((cidr) => ({ cidr: formatCidr(cidr), except: [] })),
    ports: [every ? { protocol } : { protocol, port: first, endPort: last }],
  });
};

/** An address of the range; where it is not a single one, not its network address. */
const sampleOf = ({ family, base, prefix }: Cidr): string =>
  formatAddress({ family, value: prefix < 31 && base < lastOf(family) ? base + 1n : base });

const exampleOf = (
  side: Side,
  { first, cidrs: [cidr] }: Stretch,
  protocol: Protocol,
): Operation => ({
  kind: side === 'egress' ? 'Connect' : 'Bind',
  protocol,
  address: cidr === undefined ? '0.0.0.0' : sampleOf(cidr),
  port: first,
});

export const diffNetwork = (
  sides: Sides,
  a: EffectiveRules,
  b: EffectiveRules,
  side: Side,
): readonly DifferenceItem[] => {
  const found = PROTOCOLS.flatMap((protocol) =>
    stretchesThatDiffer(compiled(a, side), compiled(b, side), protocol).map((stretch) => ({
      text: stretchText(stretch, protocol),
      example: exampleOf(side, stretch, protocol),
    })),
  );
  const [first] = found;
  if (a[side] === undefined && first !== undefined)
    return [itemOf(sides, side, restText(b.profile), first.example)];
  return found.map(({ text, example }) => itemOf(sides, side, text, example));
};
