/** Whether an address belongs to the public Internet. */
import { BlockList, isIPv6 } from 'node:net';

/** Not globally reachable: IANA's special-purpose registries (RFC 6890), multicast, and 100.64/10 (RFC 6598). */
const NOT_PUBLIC: readonly (readonly [string, number, 'ipv4' | 'ipv6'])[] = [
  ['0.0.0.0', 8, 'ipv4'],
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.0.2.0', 24, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['198.18.0.0', 15, 'ipv4'],
  ['198.51.100.0', 24, 'ipv4'],
  ['203.0.113.0', 24, 'ipv4'],
  ['224.0.0.0', 3, 'ipv4'],
  ['::', 127, 'ipv6'],
  ['2001:db8::', 32, 'ipv6'],
  ['fc00::', 7, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
];

const blocks = new BlockList();
for (const [address, prefix, family] of NOT_PUBLIC) blocks.addSubnet(address, prefix, family);

/** `address` in text form, without a prefix length. */
export const isPublic = (address: string): boolean =>
  !blocks.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
