/** Rules as a person would write them: `/etc/nginx/** [Read]`, `TCP 10.0.0.0/8:5432`. */
import type { Access } from './operation.js';
import type { NetworkRule } from './rules.js';

type Block = NetworkRule['blocks'][number];
type Port = NetworkRule['ports'][number];

export const pathRuleText = (pattern: string, access?: readonly Access[]): string =>
  access === undefined ? pattern : `${pattern} [${access.join(', ')}]`;

const portsText = ({ port, endPort }: Port): string => {
  if (port === undefined) return '*';
  return endPort === undefined || endPort === port
    ? port.toString()
    : `${port.toString()}-${endPort.toString()}`;
};

const blockText = ({ cidr, except }: Block): string =>
  except.length === 0 ? cidr : `${cidr} except ${except.join(', ')}`;

/** One peer and one kind of port fit on one word; everything else is spelt out. */
export const networkRuleText = ({ blocks, ports }: Omit<NetworkRule, 'ref'>): string => {
  const [block] = blocks;
  const [port] = ports;
  if (blocks.length <= 1 && ports.length === 1 && port !== undefined && !block?.except.length) {
    const peer = block?.cidr ?? '*';
    return `${port.protocol} ${peer.includes(':') ? `[${peer}]` : peer}:${portsText(port)}`;
  }
  const peers = blocks.length === 0 ? 'any address' : blocks.map(blockText).join(' or ');
  const services = ports.map((one) => `${one.protocol} ${portsText(one)}`).join(', ');
  return ports.length === 0 ? `any port of ${peers}` : `${services} of ${peers}`;
};
