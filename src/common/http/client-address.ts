import ipaddr from 'ipaddr.js';

/** One bucket for all whose address cannot be told. */
const unknown = 'unknown';

/**
 * Whom to count a request for. `ip` is Express's `request.ip`: the peer's address, or what the proxies of
 * `TRUST_PROXY` say. An IPv6 network of 64 bits counts as one: whoever has one address has all of them.
 */
export function clientAddress({ ip }: { ip?: string }): string {
  // Some proxies add the port.
  const text = (ip ?? '').replace(/^(\d+(?:\.\d+){3}):\d+$/, '$1').replace(/^\[([^\]]*)\](?::\d+)?$/, '$1');
  if (!ipaddr.isValid(text)) return unknown;
  const address = ipaddr.process(text);
  if (address.kind() === 'ipv4') return address.toString();
  const network = (address as ipaddr.IPv6).parts.slice(0, 4).map((part) => part.toString(16));
  return `${network.join(':')}::/64`;
}
