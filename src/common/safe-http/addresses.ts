import ipaddr from 'ipaddr.js';
import { isIP } from 'node:net';

/** All addresses of the public internet there are for now; what lies outside is ours to distrust (RFC 4291). */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * What is wrong with calling an IP address, null if nothing: anything but a public one may be a machine behind our own
 * firewall. That includes what carries an IPv4 address within (NAT64, 6to4, Teredo, IPv4-compatible). The sandbox may
 * call its own machine.
 */
export function addressRefusal(address: string, { sandbox }: { sandbox: boolean }): string | null {
  const range = rangeOf(address);
  if (range === 'unicast' || (sandbox && range === 'loopback')) return null;
  return `${address} is not a public address (${range}).`;
}

export const isLoopback = (address: string): boolean => rangeOf(address) === 'loopback';

function rangeOf(text: string): string {
  // Strictly, as Node reads it. A zone names an interface of this machine, which no public address needs.
  if (isIP(text) === 0 || text.includes('%')) return 'malformed';
  // IPv4 in IPv6 clothes (`::ffff:127.0.0.1`) is IPv4.
  const address = ipaddr.process(text);
  const range = address.range();
  if (range !== 'unicast' || address.kind() === 'ipv4') return range;
  return (address as ipaddr.IPv6).match(globalUnicast) ? range : 'not global';
}
