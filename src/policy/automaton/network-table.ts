/** Network rules as ranges of numbers. */
import { parseAddress, parseCidr, rangeOf, subtract, type Cidr } from '../network.js';
import type { Protocol, RuleRef } from '../operation.js';
import type { EffectiveRules, NetworkRule } from '../rules.js';
import type { CompiledNetwork, CompiledNetworkRule } from './types.js';

export const LAST_PORT = 65_535;

const cidrs = (texts: readonly string[]): readonly Cidr[] =>
  texts.flatMap((text) => parseCidr(text) ?? []);

const rangesOf = ({ blocks }: NetworkRule): Pick<CompiledNetworkRule, 'ranges'> =>
  blocks.length === 0
    ? {}
    : {
        ranges: blocks.flatMap(({ cidr, except }) =>
          cidrs([cidr])
            .flatMap((whole) => subtract(whole, cidrs(except)))
            .map((part) => ({ family: part.family, ...rangeOf(part) })),
        ),
      };

/** Absent ports are every port of every protocol, and stay absent. */
const portsOf = ({ ports }: NetworkRule): Pick<CompiledNetworkRule, 'ports'> =>
  ports.length === 0
    ? {}
    : {
        ports: ports.map(({ protocol, port, endPort }) => ({
          protocol,
          first: port ?? 0,
          last: port === undefined ? LAST_PORT : (endPort ?? port),
        })),
      };

export const compileNetworkRule = (
  rule: NetworkRule,
  side: 'egress' | 'ingress',
): CompiledNetworkRule => ({
  ...portsOf(rule),
  // Sources are not known when a port is bound.
  ...(side === 'egress' ? rangesOf(rule) : {}),
  ref: rule.ref,
});

/** The allow-lists of the profiles that have one. */
export const compileNetwork = (
  profiles: readonly EffectiveRules[],
  side: 'egress' | 'ingress',
): readonly CompiledNetwork[] =>
  profiles.flatMap((rules) => {
    const list = rules[side];
    if (list === undefined) return [];
    return [{ profile: rules.profile, rules: list.map((rule) => compileNetworkRule(rule, side)) }];
  });

/** The first rule that allows; `undefined` where none does. */
export const networkRule = (
  { rules }: CompiledNetwork,
  protocol: Protocol,
  addressText: string,
  port: number,
): RuleRef | undefined => {
  const address = parseAddress(addressText);
  return rules.find(
    ({ ports, ranges }) =>
      (ports?.some((one) => one.protocol === protocol && port >= one.first && port <= one.last) ??
        true) &&
      (ranges?.some(
        ({ family, first, last }) =>
          address?.family === family && address.value >= first && address.value <= last,
      ) ??
        true),
  )?.ref;
};
