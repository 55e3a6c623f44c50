/** Whether a network rule matches, straight from its text: used by the reference verdict. */
import { contains, parseAddress, requireCidr, type Address } from './network.js';
import type { Protocol } from './operation.js';
import type { NetworkRule } from './rules.js';

type Block = NetworkRule['blocks'][number];
type Port = NetworkRule['ports'][number];

export const portMatches = (rule: Port, protocol: Protocol, port: number): boolean =>
  rule.protocol === protocol &&
  (rule.port === undefined || (port >= rule.port && port <= (rule.endPort ?? rule.port)));

export const blockMatches = ({ cidr, except }: Block, address: Address): boolean =>
  contains(requireCidr(cidr), address) &&
  !except.some((hole) => contains(requireCidr(hole), address));

/** The port side of a rule: no ports means any port of any protocol. */
export const portsMatch = ({ ports }: NetworkRule, protocol: Protocol, port: number): boolean =>
  ports.length === 0 || ports.some((one) => portMatches(one, protocol, port));

/** The address side: no blocks means any; an address that cannot be read lies in no block. */
export const addressMatches = ({ blocks }: NetworkRule, text: string): boolean => {
  if (blocks.length === 0) return true;
  const address = parseAddress(text);
  return address !== undefined && blocks.some((block) => blockMatches(block, address));
};
