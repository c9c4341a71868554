import type { SafeHttpErrorKind } from '../../../common/safe-http/safe-http.error.js';

/** How an attempt ended, as far as it tells what to look at. */
export interface Failure {
  /** HTTP status; null if there was no complete answer. */
  status: number | null;
  /** What kind of failure; null if the status says it all. */
  error: string | null;
}

const receiverFailed = 'The receiver failed: look at its own log for this Request-Id.';
const tooSlow =
  'The receiver did not finish its answer in time: have it answer 2xx first and do the work afterwards.';

const byError: Record<SafeHttpErrorKind | 'secret' | 'unexpected', string> = {
  refused_address:
    'The address is private, local or reserved, or on a port we do not call: give one that is public, with https.',
  dns: 'The host name cannot be resolved: check its spelling and its DNS records.',
  connect:
    'Nobody takes the connection: check that the receiver is up and that its firewall lets this server in.',
  tls: 'The TLS handshake failed: check that the certificate is valid, complete and made for this host.',
  timeout: tooSlow,
  reset:
    'The receiver or something before it cut the connection: check its proxy, its firewall and its limits.',
  protocol: 'What came back is not HTTP, or too much of it: answer 2xx with a short body or none.',
  invalid_request: 'The request cannot be sent like this: check the address and the signature header.',
  secret: 'The signing secret cannot be read: check SETTINGS_ENCRYPTION_KEY, or rotate the secret.',
  unexpected: 'This is our fault: look for an error of this time in the log of the server.',
};

const byStatus: Partial<Record<number, string>> = {
  400: 'The receiver takes the message for malformed: check that its profile is the one that the endpoint has.',
  401: 'The signature was not accepted: check that both sides have the same secret, and the clock of the receiver.',
  403: 'The receiver refuses the sender: check the secret, and whether its firewall or bot protection lets this server in.',
  404: 'Nothing is at this address: check the path of the endpoint.',
  405: 'The address takes no POST: check the path of the endpoint.',
  408: tooSlow,
  410: 'The receiver has given this address up: give the endpoint its new one, then enable it again.',
  413: 'The receiver takes no message of this size: raise its body limit to 256 KB.',
  415: 'The receiver takes no application/json: check the path of the endpoint.',
  429: 'The receiver wants to be called more slowly: raise its limit; its Retry-After is kept to.',
};

/** One sentence that tells the person who reads of a failed attempt what to look at first. */
export function whatToCheck({ status, error }: Failure): string {
  const said = error === null ? undefined : (byError as Partial<Record<string, string>>)[error];
  return said ?? byStatus[status ?? 0] ?? byClass(status);
}

function byClass(status: number | null): string {
  if (status === null) return 'There was no answer: check that the receiver is up and can be reached.';
  if (status >= 500) return receiverFailed;
  if (status >= 400)
    return 'The receiver refuses the message: check what it says in the response of the attempt.';
  if (status >= 300) return 'Redirects are not followed: give the endpoint the final address.';
  return 'The receiver must answer with a status from 200 to 299.';
}
