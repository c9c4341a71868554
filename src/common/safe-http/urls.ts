import { isIP } from 'node:net';
import { addressRefusal, isLoopback } from './addresses.js';

const securePorts = ['443', '8443'];
const sandboxPorts = [...securePorts, '80'];

/** What can be told from the URL alone is wrong with calling it; null if nothing. */
export function urlRefusal(url: string, { sandbox }: { sandbox: boolean }): string | null {
  if (/[\s\p{Cc}]/u.test(url) || !URL.canParse(url)) return 'This is not an absolute URL.';
  const { protocol, username, password, hostname, port } = new URL(url);
  if (protocol !== 'https:' && !(sandbox && protocol === 'http:'))
    return sandbox ? 'The URL must begin with https:// or http://.' : 'The URL must begin with https://.';
  if (username !== '' || password !== '') return 'The URL must not contain a user name or password.';
  const address = literalAddress(hostname);
  const refusal = address === null ? null : addressRefusal(address, { sandbox });
  if (refusal) return refusal;
  const here = isLocalhost(hostname) || (address !== null && isLoopback(address));
  if (here) return sandbox ? null : `${hostname} is this machine; only public addresses are called.`;
  const ports = sandbox ? sandboxPorts : securePorts;
  const effective = port === '' ? (protocol === 'https:' ? '443' : '80') : port;
  return ports.includes(effective) ? null : `Port ${effective} is not allowed; use ${ports.join(', ')}.`;
}

/** Names that mean this machine wherever they are looked up (RFC 6761), with or without the root's dot. */
export const isLocalhost = (hostname: string): boolean => /^(.+\.)?localhost\.?$/i.test(hostname);

/** The address that the host of a URL is, if it is one: `URL` has already made `0x7f.1` into `127.0.0.1`. */
export function literalAddress(hostname: string): string | null {
  const address = hostname.replace(/^\[|\]$/g, '');
  return isIP(address) > 0 ? address : null;
}
