/**
 * Why there is no answer. `refused_address`: we do not call such an address. `dns`, `connect`, `tls`: nothing was sent.
 * `timeout`: the deadline passed, whatever was going on then. `reset`: the connection broke. `protocol`: what came back
 * is not HTTP, or too much of it. `invalid_request`: what we were told to send cannot be sent.
 */
export type SafeHttpErrorKind =
  'refused_address' | 'dns' | 'connect' | 'tls' | 'timeout' | 'reset' | 'protocol' | 'invalid_request';

/** The message names what went wrong and nothing of what was sent or answered. */
export class SafeHttpError extends Error {
  constructor(
    readonly kind: SafeHttpErrorKind,
    message: string,
    /** Of the error behind it: `ECONNREFUSED`. */
    readonly code?: string,
  ) {
    super(code === undefined ? message : `${message} (${code})`);
    this.name = 'SafeHttpError';
  }
}

const beforeTls = /^E(CONNREFUSED|HOSTUNREACH|HOSTDOWN|NETUNREACH|NETDOWN|TIMEDOUT|ADDRNOTAVAIL|ACCES|PERM)$/;

/** For an error before there was a connection to send on. */
export function connectionError(error: unknown, secure: boolean): SafeHttpError {
  if (error instanceof SafeHttpError) return error;
  const code = codeOf(error);
  if (code === 'UND_ERR_CONNECT_TIMEOUT')
    return new SafeHttpError('connect', 'nobody answered at the address', 'ETIMEDOUT');
  return secure && !beforeTls.test(code ?? '')
    ? new SafeHttpError('tls', 'no trusted TLS connection could be made', code)
    : new SafeHttpError('connect', 'the address could not be connected to', code);
}

/** For an error of the exchange itself. */
export function exchangeError(error: unknown): SafeHttpError {
  if (error instanceof SafeHttpError) return error;
  const code = codeOf(error);
  if (code === 'UND_ERR_INVALID_ARG')
    return new SafeHttpError('invalid_request', 'a header or the address cannot be sent', code);
  if (code === 'UND_ERR_HEADERS_OVERFLOW')
    return new SafeHttpError('protocol', 'the headers of the answer are too large', code);
  return /^(UND_ERR_SOCKET|UND_ERR_DESTROYED|UND_ERR_CLOSED|ECONNRESET|EPIPE)$/.test(code ?? '')
    ? new SafeHttpError('reset', 'the connection was closed before the answer was complete', code)
    : new SafeHttpError('protocol', 'the answer is not valid HTTP', code);
}

const codeOf = (error: unknown): string | undefined => {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : undefined;
};
