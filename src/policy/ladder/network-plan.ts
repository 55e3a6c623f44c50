/** Network rules → the flat table that the cgroup programs match, and what it cannot say. */
import { PROTOCOLS, type Protocol, type RuleRef } from '../operation.js';
import { requireCidr, subtract, type Cidr } from '../network.js';
import type { EffectiveRules, NetworkRule } from '../rules.js';
import type { Reach } from './filter.js';
import type { Finding } from './gaps.js';
import { IO_URING_CALLS } from './syscall-families.js';
import type { NetworkEntry, NetworkPlan } from './types.js';

/** Rules that a slot's table holds: PF_NETWORK_RULES in bpf/include/pinfold_shared.h. */
export const NETWORK_ENTRIES_MAX = 4096;
const LAST_PORT = 65_535;

interface PortRange {
  readonly protocol: Protocol;
  readonly portLow: number;
  readonly portHigh: number;
}

export const portRanges = (rule: NetworkRule): readonly PortRange[] =>
  rule.ports.length === 0
    ? PROTOCOLS.map((protocol) => ({ protocol, portLow: 0, portHigh: LAST_PORT }))
    : rule.ports.map(({ protocol, port, endPort }) => ({
        protocol,
        portLow: port ?? 0,
        portHigh: endPort ?? port ?? LAST_PORT,
      }));

/** Exceptions hold within their own block only, so they are taken out here and the table only allows. */
const rangesOf = (rule: NetworkRule): readonly Cidr[] =>
  rule.blocks.flatMap(({ cidr, except }) => subtract(requireCidr(cidr), except.map(requireCidr)));

const addressBytes = ({ family, base }: Cidr): readonly number[] =>
  Array.from({ length: family === 4 ? 4 : 16 }, (_, index, length = family === 4 ? 4 : 16) =>
    Number((base >> BigInt(8 * (length - 1 - index))) & 0xffn),
  );

type Target = Pick<NetworkEntry, 'family' | 'address' | 'prefixLength'>;

const targetsOf = (rule: NetworkRule, direction: NetworkEntry['direction']): readonly Target[] =>
  direction === 'Ingress' || rule.blocks.length === 0
    ? [{ family: 0, address: [], prefixLength: 0 }]
    : rangesOf(rule).map((cidr) => ({
        family: cidr.family,
        address: addressBytes(cidr),
        prefixLength: cidr.prefix,
      }));

export interface NetworkResult {
  readonly plan: NetworkPlan;
  readonly refs: readonly (RuleRef | undefined)[];
  readonly findings: readonly Finding[];
}

const permits = (
  rules: readonly NetworkRule[] | undefined,
  protocol: Protocol,
): 'All' | 'Some' | 'None' => {
  if (rules === undefined) return 'All';
  const matching = rules.filter((rule) =>
    portRanges(rule).some((range) => range.protocol === protocol),
  );
  if (matching.length === 0) return 'None';
  const whole = matching.some(
    (rule) =>
      rule.blocks.length === 0 &&
      portRanges(rule).some(
        (range) =>
          range.protocol === protocol && range.portLow === 0 && range.portHigh === LAST_PORT,
      ),
  );
  return whole ? 'All' : 'Some';
};

/** What to do about SCTP, which no cgroup program sees: whole sockets can be refused, nothing finer. */
export const sctpStep = (
  rules: EffectiveRules,
  seccomp: boolean,
): 'Allow' | 'RefuseSockets' | 'Gap' => {
  const each = [permits(rules.egress, 'SCTP'), permits(rules.ingress, 'SCTP')];
  if (each.every((permitted) => permitted === 'All')) return 'Allow';
  return seccomp && each.every((permitted) => permitted === 'None') ? 'RefuseSockets' : 'Gap';
};

const listensFreely = (rules: readonly NetworkRule[]): boolean =>
  rules.some((rule) =>
    portRanges(rule).some(({ protocol, portLow }) => protocol === 'TCP' && portLow === 0),
  );

const sctpFindings = (
  rules: EffectiveRules,
  seccomp: boolean,
  reach: Reach,
): readonly Finding[] => {
  const direction = rules.egress === undefined ? 'ingress' : 'egress';
  const step = sctpStep(rules, seccomp);
  if (step === 'Gap' && reach.any(['socket', 'socketcall']))
    return [{ class: direction, code: 'SctpNotEnforced' }];
  if (step !== 'RefuseSockets') return [];
  return [
    ...(reach.on('x86', 'socketcall')
      ? [{ class: direction, code: 'ArgumentsInMemory' } as const]
      : []),
    ...(reach.any(IO_URING_CALLS) ? [{ class: direction, code: 'IoUringBypass' } as const] : []),
  ];
};

const ingressFindings = (rules: readonly NetworkRule[], canListen: boolean): readonly Finding[] => {
  const sourced = rules.filter(({ blocks }) => blocks.length > 0);
  return [
    ...(sourced.length > 0
      ? [
          {
            class: 'ingress',
            code: 'IngressSourceNotEnforced',
            rules: sourced.map(({ ref }) => ref.text),
          } as const,
        ]
      : []),
    ...(canListen && !listensFreely(rules)
      ? [
          {
            class: 'ingress',
            code: 'ListenWithoutBind',
            example: {
              operation: { kind: 'Bind', protocol: 'TCP', address: '0.0.0.0', port: 0 },
              by: 'listen',
            },
          } as const,
        ]
      : []),
  ];
};

/** The table for rules that limit the network; undefined where none does. */
export const planNetwork = (
  rules: EffectiveRules,
  seccomp: boolean,
  reach: Reach,
  canListen: boolean,
): NetworkResult | undefined => {
  if (rules.egress === undefined && rules.ingress === undefined) return undefined;
  const refs: (RuleRef | undefined)[] = [undefined];
  const entriesOf = (
    direction: NetworkEntry['direction'],
    list: readonly NetworkRule[] | undefined,
  ): readonly NetworkEntry[] =>
    (list ?? []).flatMap((rule) => {
      const id = refs.push(rule.ref) - 1;
      return targetsOf(rule, direction).flatMap((target) =>
        portRanges(rule).map((range) => ({ direction, ...target, ...range, rule: id })),
      );
    });
  const entries = [...entriesOf('Egress', rules.egress), ...entriesOf('Ingress', rules.ingress)];
  const left = entries.slice(NETWORK_ENTRIES_MAX);
  const findings: Finding[] = [
    ...sctpFindings(rules, seccomp, reach),
    ...(rules.ingress === undefined ? [] : ingressFindings(rules.ingress, canListen)),
    ...left.map(({ direction, rule }): Finding => ({
      class: direction === 'Egress' ? 'egress' : 'ingress',
      code: 'TooManyNetworkEntries',
      rules: [refs[rule]?.text ?? ''],
    })),
  ];
  return {
    plan: {
      defaultAllow: {
        egress: rules.egress === undefined,
        ingress: rules.ingress === undefined,
      },
      entries: entries.slice(0, NETWORK_ENTRIES_MAX),
    },
    refs,
    findings,
  };
};
