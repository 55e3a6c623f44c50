/** Sockets that were seen → network rules. Addresses are never widened. */
import { isIPv6 } from 'node:net';
import { parseAddress } from '../policy/address.js';
import type { Protocol } from '../policy/operation.js';
import type { SeenSocket } from './behaviour.js';

export interface LearnedPort {
  readonly protocol: Protocol;
  readonly port: number;
  readonly endPort?: number;
}

export interface LearnedPeers {
  /** Single addresses in CIDR form, sorted. */
  readonly cidrs: readonly string[];
  readonly ports: readonly LearnedPort[];
  readonly count: number;
  /** Why some of `ports` is wider than what was seen. */
  readonly widened?: 'EphemeralPorts' | 'Budget';
}

export interface LearnedIngress {
  readonly ports: readonly LearnedPort[];
  readonly count: number;
  /** Every bind was to a loopback address. */
  readonly loopbackOnly: boolean;
}

/** Limits of the API: entries of `to` and of `ports` in a rule, and egress rules. */
const MAX_LIST = 256;
const MAX_RULES = 1000;
/** net.ipv4.ip_local_port_range's default; a peer's may begin elsewhere, but ends below 65536. */
const EPHEMERAL_FIRST = 32768;
const EPHEMERAL_LAST_LOCAL = 60999;
/** From how many distinct high ports of one peer on they are taken for clients' ports. */
const MANY_PORTS = 16;

const isLoopback = (address: string): boolean => address === '::1' || address.startsWith('127.');

const cidrOf = (address: string): string => `${address}/${isIPv6(address) ? '128' : '32'}`;

const byPort = (a: LearnedPort, b: LearnedPort): number =>
  a.protocol < b.protocol
    ? -1
    : a.protocol > b.protocol
      ? 1
      : a.port - b.port || (a.endPort ?? a.port) - (b.endPort ?? b.port);

/** IPv4 before IPv6, each by its value; addresses are canonical (saw.ts). */
const sorted = (addresses: readonly string[]): readonly string[] =>
  addresses
    .map((address) => ({ address, parsed: parseAddress(address) ?? { family: 6, value: 0n } }))
    .sort(
      ({ parsed: a }, { parsed: b }) =>
        a.family - b.family || (a.value < b.value ? -1 : a.value > b.value ? 1 : 0),
    )
    .map(({ address }) => address);

const chunks = <T>(list: readonly T[]): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(list.length / MAX_LIST) }, (_, at) =>
    list.slice(at * MAX_LIST, (at + 1) * MAX_LIST),
  );

interface Ports {
  readonly ports: readonly LearnedPort[];
  readonly widened: boolean;
}

/**
 * The ports used on one address. Ephemeral ones become a range in two cases: on loopback when the
 * workload lets the kernel choose a port (it talks to itself), and when one peer used many of them
 * (a datagram server answers its clients).
 */
const portsOn = (
  address: string,
  sockets: readonly SeenSocket[],
  choosing: ReadonlySet<Protocol>,
): Ports => {
  const protocols = [...new Set(sockets.map((socket) => socket.protocol))];
  let widened = false;
  const ports = protocols.flatMap((protocol): LearnedPort[] => {
    const numbers = sockets.filter((s) => s.protocol === protocol).map((s) => s.port);
    const high = numbers.filter((port) => port >= EPHEMERAL_FIRST);
    const local = high.filter((port) => port <= EPHEMERAL_LAST_LOCAL);
    const itself = isLoopback(address) && choosing.has(protocol) && local.length > 0;
    const clients = high.length >= MANY_PORTS;
    const range = clients ? [EPHEMERAL_FIRST, 65535] : [EPHEMERAL_FIRST, EPHEMERAL_LAST_LOCAL];
    const [port = 0, endPort = 0] = range;
    if (!clients && !itself) return numbers.map((number) => ({ protocol, port: number }));
    widened = true;
    const rest = numbers.filter((number) => number < port || number > endPort);
    return [...rest.map((number) => ({ protocol, port: number })), { protocol, port, endPort }];
  });
  return { ports: ports.sort(byPort), widened };
};

interface Group {
  readonly addresses: string[];
  readonly ports: readonly LearnedPort[];
  widened: boolean;
  count: number;
}

const rulesOf = (groups: readonly Group[], widened?: 'Budget'): readonly LearnedPeers[] =>
  groups.flatMap((group) =>
    chunks(sorted(group.addresses)).flatMap((addresses) =>
      chunks(group.ports).map((ports): LearnedPeers => {
        const why = widened ?? (group.widened ? 'EphemeralPorts' : undefined);
        const base = { cidrs: addresses.map(cidrOf), ports, count: group.count };
        return why === undefined ? base : { ...base, widened: why };
      }),
    ),
  );

/** Beyond what a profile may hold, ports become one range for each protocol; addresses stay. */
const oneRangeEach = (sockets: readonly SeenSocket[]): readonly LearnedPeers[] => {
  const protocols = [...new Set(sockets.map((socket) => socket.protocol))].sort();
  const groups = protocols.map((protocol): Group => {
    const own = sockets.filter((socket) => socket.protocol === protocol);
    const ports = own.map((socket) => socket.port).sort((a, b) => a - b);
    const port = ports[0] ?? 0;
    return {
      addresses: [...new Set(own.map((socket) => socket.address))],
      ports: [{ protocol, port, endPort: ports.at(-1) ?? port }],
      widened: true,
      count: own.reduce((sum, socket) => sum + socket.count, 0),
    };
  });
  return rulesOf(groups, 'Budget');
};

/** Egress rules: addresses that were used on the same ports share one. */
export const egressOf = (all: Iterable<SeenSocket>): readonly LearnedPeers[] => {
  const sockets = [...all];
  const egress = sockets.filter((socket) => socket.direction === 'Egress');
  const choosing = new Set(
    sockets.filter((s) => s.direction === 'Ingress' && s.port === 0).map((s) => s.protocol),
  );
  const byPeer = new Map<string, SeenSocket[]>();
  for (const socket of egress) {
    const own = byPeer.get(socket.address);
    if (own === undefined) byPeer.set(socket.address, [socket]);
    else own.push(socket);
  }
  const groups = new Map<string, Group>();
  for (const [address, own] of byPeer) {
    const { ports, widened } = portsOn(address, own, choosing);
    const key = ports
      .map((p) => `${p.protocol} ${String(p.port)} ${String(p.endPort ?? '')}`)
      .join();
    const group = groups.get(key) ?? { addresses: [], ports, widened, count: 0 };
    groups.set(key, group);
    group.addresses.push(address);
    group.widened ||= widened;
    group.count += own.reduce((sum, socket) => sum + socket.count, 0);
  }
  const order = new Map(sorted([...byPeer.keys()]).map((address, at) => [address, at]));
  const first = ({ addresses }: Group): number =>
    Math.min(...addresses.map((address) => order.get(address) ?? 0));
  const inOrder = [...groups.values()]
    .map((group) => ({ group, at: first(group) }))
    .sort((a, b) => a.at - b.at)
    .map(({ group }) => group);
  const rules = rulesOf(inOrder);
  return rules.length <= MAX_RULES ? rules : oneRangeEach(egress);
};

/** Ingress rules from the ports that were bound; 0 is a port that the kernel chooses. */
export const ingressOf = (all: Iterable<SeenSocket>): readonly LearnedIngress[] => {
  const binds = [...all].filter((socket) => socket.direction === 'Ingress');
  const distinct = new Map<string, LearnedPort>();
  for (const { protocol, port } of binds)
    distinct.set(`${protocol} ${String(port)}`, { protocol, port });
  const loopbackOnly = binds.every((socket) => isLoopback(socket.address));
  const count = binds.reduce((sum, socket) => sum + socket.count, 0);
  return chunks([...distinct.values()].sort(byPort)).map((ports) => ({
    ports,
    count,
    loopbackOnly,
  }));
};
