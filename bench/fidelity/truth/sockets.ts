/** Addresses in traced calls, as strace writes socket addresses. */
import type { Access } from '../../../src/policy/operation.js';
import { endpoint } from '../items.js';
import type { ItemSets } from '../items.js';
import { descriptor, quoted } from './line.js';
import type { Call } from './line.js';
import type { Process } from './process.js';

const SENDS = new Set(['sendto', 'sendmsg', 'sendmmsg']);

const INET =
  /\{sa_family=AF_INET, sin_port=htons\((\d+)\), sin_addr=inet_addr\("([\d.]+)"\)\}|\{sa_family=AF_INET6, sin6_port=htons\((\d+)\),[^}]*inet_pton\(AF_INET6, "([^"]+)"/g;

const NEVER_REACHED = /\bE(?:BADF|FAULT|INVAL|NOTSOCK|AFNOSUPPORT|ISCONN|ALREADY)\b/;

/** Protocol of the socket by what -yy says: `TCP:[…]`, `UDPv6:[…]`. */
const protocolOf = (call: Call): string | undefined =>
  /^(TCP|UDP|SCTP)(?:v6)?:/.exec(descriptor(call.arguments[0])?.target ?? '')?.[1];

/** Outgoing and bound addresses; an attempt counts whatever its outcome, for the kernel judged it. */
export const inetItems = (call: Call, items: ItemSets): void => {
  const isConnect = call.name === 'connect';
  const isSend = SENDS.has(call.name);
  if (!isConnect && !isSend && call.name !== 'bind') return;
  const protocol = protocolOf(call);
  // A stream ignores the address of a datagram.
  if (protocol === undefined || (isSend && protocol !== 'UDP')) return;
  if (NEVER_REACHED.test(call.result ?? '')) return;
  for (const [, port4, address4, port6, address6] of call.arguments.join(', ').matchAll(INET)) {
    const address = (address4 ?? address6 ?? '').replace(/^::ffff:(?=\d+\.)/, '');
    const set = call.name === 'bind' ? items.binds : items.connects;
    set.add(endpoint(protocol, address, Number(port4 ?? port6)));
  }
};

/** The unix socket's path that a successful call named; abstract ones have none. */
export const unixPath = (
  call: Call,
  process: Process,
): { readonly path: string; readonly access: Access } | undefined => {
  const isBind = call.name === 'bind';
  if (!isBind && call.name !== 'connect' && !SENDS.has(call.name)) return undefined;
  const name = /\{sa_family=AF_UNIX, sun_path=("(?:[^"\\]|\\.)*")/.exec(call.arguments.join(', '));
  const path = quoted(name?.[1]);
  if (path === undefined || path === '') return undefined;
  return {
    path: process.object(path, undefined, !isBind),
    access: isBind ? 'Create' : 'Write',
  };
};
