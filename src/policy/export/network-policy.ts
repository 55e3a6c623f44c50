/** A profile's network rules as a Kubernetes NetworkPolicy. */
import type { EffectiveRules, NetworkRule } from '../rules.js';
import { leftOut } from './unlimited.js';

export interface NetworkPolicyMeta {
  readonly name: string;
  readonly namespace?: string;
  /** A LabelSelector, as in the profile; `{}` selects every pod of the namespace. */
  readonly podSelector: Readonly<Record<string, unknown>>;
}

interface PolicyPeer {
  readonly ipBlock: { readonly cidr: string; readonly except?: readonly string[] };
}
interface PolicyPort {
  readonly protocol: string;
  readonly port?: number;
  readonly endPort?: number;
}

/** `networking.k8s.io/v1`, ready to be written as YAML or JSON. */
export interface NetworkPolicy {
  readonly apiVersion: 'networking.k8s.io/v1';
  readonly kind: 'NetworkPolicy';
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec: {
    readonly podSelector: Readonly<Record<string, unknown>>;
    readonly policyTypes: readonly ('Egress' | 'Ingress')[];
    readonly egress?: readonly {
      readonly to?: readonly PolicyPeer[];
      readonly ports?: readonly PolicyPort[];
    }[];
    readonly ingress?: readonly {
      readonly from?: readonly PolicyPeer[];
      readonly ports?: readonly PolicyPort[];
    }[];
  };
}

export interface NetworkPolicyExport {
  readonly document: NetworkPolicy;
  readonly unexpressed: readonly string[];
}

const peers = ({ blocks }: NetworkRule): readonly PolicyPeer[] =>
  blocks.map(({ cidr, except }) => ({
    ipBlock: { cidr, ...(except.length === 0 ? {} : { except }) },
  }));

/** Kubernetes numbers ports from 1; port 0, which the kernel replaces, has no place there. */
const ports = ({ ports: list }: NetworkRule): readonly PolicyPort[] =>
  list.flatMap(({ protocol, port, endPort }): readonly PolicyPort[] => {
    if (port === undefined) return [{ protocol }];
    const low = Math.max(port, 1);
    const high = endPort ?? port;
    if (high < low) return [];
    return [{ protocol, port: low, ...(high === low ? {} : { endPort: high }) }];
  });

const namesPortZero = ({ ports: list }: NetworkRule): boolean =>
  list.some(({ port }) => port === 0);

/** Rules that are left; one whose ports all fell away would otherwise allow every port. */
const portable = (rules: readonly NetworkRule[]): readonly NetworkRule[] =>
  rules.filter((rule) => rule.ports.length === 0 || ports(rule).length > 0);

const portsOf = (rule: NetworkRule): { readonly ports?: readonly PolicyPort[] } =>
  rule.ports.length === 0 ? {} : { ports: ports(rule) };

const directions = ({
  egress,
  ingress,
}: EffectiveRules): Omit<NetworkPolicy['spec'], 'podSelector'> => {
  // A policy without a type means Ingress to Kubernetes, and without rules it denies.
  if (egress === undefined && ingress === undefined)
    return { policyTypes: ['Ingress'], ingress: [{}] };
  const listed = (rules: readonly NetworkRule[], side: 'to' | 'from') =>
    portable(rules).map((rule) => ({
      ...(rule.blocks.length === 0 ? {} : { [side]: peers(rule) }),
      ...portsOf(rule),
    }));
  return {
    policyTypes: [
      ...(egress === undefined ? [] : (['Egress'] as const)),
      ...(ingress === undefined ? [] : (['Ingress'] as const)),
    ],
    ...(egress === undefined ? {} : { egress: listed(egress, 'to') }),
    ...(ingress === undefined ? {} : { ingress: listed(ingress, 'from') }),
  };
};

/** The same network rules for the pods of `meta.podSelector`, and what of the profile is not in it. */
export const exportNetworkPolicy = (
  rules: EffectiveRules,
  meta: NetworkPolicyMeta,
): NetworkPolicyExport => {
  const { egress, ingress } = rules;
  const zero = [...(egress ?? []), ...(ingress ?? [])].filter(namesPortZero);
  return {
    document: {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: {
        name: meta.name,
        ...(meta.namespace === undefined ? {} : { namespace: meta.namespace }),
      },
      spec: { podSelector: meta.podSelector, ...directions(rules) },
    },
    unexpressed: [
      ...leftOut(rules, 'NetworkPolicy', ['exec', 'files', 'capabilities', 'syscalls']),
      ...(rules.forbid.length === 0 ? [] : ['forbid: NetworkPolicy does not limit behaviours.']),
      ...zero.map(({ ref }) => `${ref.class}: port 0 has no place in NetworkPolicy: ${ref.text}`),
      ...(egress?.some(({ blocks }) => blocks.length > 0) === true
        ? [
            'egress: the address of a Service is judged after its translation by most network plugins.',
          ]
        : []),
      ...(egress === undefined && ingress === undefined
        ? ['The profile limits no network: this policy changes nothing.']
        : ['Traffic inside the pod and from its node is not limited by NetworkPolicy.']),
    ],
  };
};
