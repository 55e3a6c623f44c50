/** The format `cidr` of CRDs: what Go's net.ParseCIDR accepts, as the API server asks it. */
import { isIPv4, isIPv6 } from 'node:net';

const PREFIX = /^(?:0|[1-9]\d{0,2})$/;

/** Whether the text is an IPv4 or IPv6 address, `/` and a prefix length; host bits may be set. */
export const isCidr = (text: string): boolean => {
  const slash = text.indexOf('/');
  if (slash < 0) return false;
  const address = text.slice(0, slash);
  const prefix = text.slice(slash + 1);
  if (!PREFIX.test(prefix)) return false;
  if (isIPv4(address)) return Number(prefix) <= 32;
  // Node takes a zone (fe80::1%eth0), Go does not.
  return isIPv6(address) && !address.includes('%') && Number(prefix) <= 128;
};
