import { isIP, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import { addressRefusal } from './addresses.js';
import type { Resolve } from './resolve.js';
import { connectionError, SafeHttpError } from './safe-http.error.js';

interface Guard {
  sandbox: boolean;
  resolve: Resolve;
  /** Trusted beside the usual authorities. */
  ca?: string;
  timeoutMs: number;
}

/**
 * Opens connections to allowed addresses only. The check is part of connecting: a name is resolved once, and what was
 * checked is what is connected to. Checked before and resolved again, a name can change its address in between.
 */
export function guardedConnector({ sandbox, resolve, ca, timeoutMs }: Guard): buildConnector.connector {
  const lookup: LookupFunction = (hostname, { all }, callback) => {
    allowedAddresses(hostname, { sandbox, resolve }).then(
      (addresses) => {
        const [first] = addresses;
        if (all) callback(null, addresses);
        else callback(null, first?.address ?? '', first?.family);
      },
      (error: Error) => callback(error, []),
    );
  };
  const connect = buildConnector({ lookup, autoSelectFamily: true, timeout: timeoutMs, ca });
  return (options, callback) => {
    // A literal address never reaches `lookup`.
    const refusal = isIP(options.hostname) > 0 ? addressRefusal(options.hostname, { sandbox }) : null;
    if (refusal) {
      process.nextTick(callback, new SafeHttpError('refused_address', refusal), null);
      return;
    }
    connect(options, (error, socket) => {
      if (error) return callback(connectionError(error, options.protocol === 'https:'), null);
      const wrong = addressRefusal(socket.remoteAddress ?? '', { sandbox });
      if (wrong === null) return callback(null, socket);
      socket.destroy();
      callback(new SafeHttpError('refused_address', wrong), null);
    });
  };
}

async function allowedAddresses(
  hostname: string,
  { sandbox, resolve }: Pick<Guard, 'sandbox' | 'resolve'>,
): Promise<{ address: string; family: number }[]> {
  const addresses = await resolve(hostname).catch((error: unknown) => {
    throw new SafeHttpError('dns', `${hostname} could not be resolved`, (error as { code?: string }).code);
  });
  const allowed = addresses.filter((address) => addressRefusal(address, { sandbox }) === null);
  const [refused] = addresses;
  if (allowed.length > 0) return allowed.map((address) => ({ address, family: isIP(address) }));
  throw refused === undefined
    ? new SafeHttpError('dns', `${hostname} has no address`)
    : new SafeHttpError('refused_address', `${hostname}: ${addressRefusal(refused, { sandbox })}`);
}
