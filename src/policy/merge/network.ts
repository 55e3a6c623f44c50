/** Network rules in canonical form. */
import type { NetworkPeer, NetworkPort } from '../../api/objects.js';
import { compareCidr, formatCidr, requireCidr } from '../network.js';
import { compareText } from '../rule-order.js';
import { distinct } from './lists.js';

const sortedCidrs = (texts: readonly string[]): readonly string[] => [
  ...new Set(texts.map(requireCidr).sort(compareCidr).map(formatCidr)),
];

const peersOf = (peers: readonly NetworkPeer[] = []): readonly NetworkPeer[] =>
  distinct(
    peers.map(({ ipBlock }) => {
      const except = sortedCidrs(ipBlock.except ?? []);
      const cidr = formatCidr(requireCidr(ipBlock.cidr));
      return { ipBlock: { cidr, ...(except.length === 0 ? {} : { except }) } };
    }),
    (a, b) => compareCidr(requireCidr(a.ipBlock.cidr), requireCidr(b.ipBlock.cidr)),
  );

const portsOf = (ports: readonly NetworkPort[] = []): readonly NetworkPort[] =>
  distinct(
    ports.map(({ protocol, port, endPort }) => ({
      protocol,
      ...(port === undefined ? {} : { port }),
      ...(endPort === undefined || endPort === port ? {} : { endPort }),
    })),
    (a, b) => compareText(a.protocol, b.protocol) || (a.port ?? -1) - (b.port ?? -1),
  );

/** No peers and no ports are written by leaving the key out. */
export const networkList = <Side extends 'to' | 'from'>(
  side: Side,
  rules:
    | readonly (Readonly<Partial<Record<Side, readonly NetworkPeer[]>>> & {
        readonly ports?: readonly NetworkPort[];
      })[]
    | undefined,
) =>
  rules &&
  distinct(
    rules.map((rule) => {
      const peers = peersOf(rule[side]);
      const ports = portsOf(rule.ports);
      return {
        ...(peers.length === 0 ? {} : { [side]: peers }),
        ...(ports.length === 0 ? {} : { ports }),
      };
    }),
    () => 0,
  );
