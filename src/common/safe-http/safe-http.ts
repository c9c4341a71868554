import type { OnApplicationShutdown } from '@nestjs/common';
import { Agent } from 'undici';
import { within } from '../pause.js';
import { addressRefusal } from './addresses.js';
import { Exchange, type SafeAnswer } from './exchange.js';
import { guardedConnector } from './guarded-connector.js';
import { resolve as askNameServers, type Resolve } from './resolve.js';
import { SafeHttpError } from './safe-http.error.js';
import { literalAddress, urlRefusal } from './urls.js';

export interface SafeRequest {
  headers: Record<string, string>;
  body: string;
  /** For all of it: name, connection, answer and its body. */
  timeoutMs: number;
}

interface Target {
  origin: string;
  path: string;
}

const limits = {
  lookupMs: 2_000,
  connectMs: 10_000,
  headerBytes: 16_384,
  connectionsPerOrigin: 64,
  /** Shorter than the five seconds after which many servers close an idle connection, maybe just as we use it. */
  keepAliveMs: 4_000,
  /** Then a name is resolved anew, so that an endpoint that moves is followed. */
  connectionLifeMs: 60_000,
  targetsKnown: 200,
};

/**
 * For every call to an address that somebody gave us. Public addresses only, over https only; the sandbox also allows
 * its own machine, and http. The guard is in the connection itself: see `guardedConnector`.
 */
export class SafeHttp implements OnApplicationShutdown {
  private readonly resolve: Resolve;
  private readonly agent: Agent;
  private readonly targets = new Map<string, Target>();

  /** `ca`: trusted beside the usual authorities. */
  constructor(
    private readonly mode: { sandbox: boolean },
    { resolve = askNameServers, ca }: { resolve?: Resolve; ca?: string } = {},
  ) {
    this.resolve = resolve;
    this.agent = new Agent({
      connect: guardedConnector({ ...mode, resolve, ca, timeoutMs: limits.connectMs }),
      connections: limits.connectionsPerOrigin,
      clientTtl: limits.connectionLifeMs,
      keepAliveTimeout: limits.keepAliveMs,
      keepAliveMaxTimeout: limits.keepAliveMs,
      maxHeaderSize: limits.headerBytes,
      // One deadline for all of it: these would only measure how long nothing comes.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }

  /** What is wrong with calling the URL as far as it tells itself, in a sentence; null if nothing. */
  refusal(url: string): string | null {
    return urlRefusal(url, this.mode);
  }

  /** `refusal`, and where its name leads now. A name that cannot be resolved now may be resolved when it is called. */
  async check(url: string): Promise<string | null> {
    const refusal = this.refusal(url);
    if (refusal) return refusal;
    const { hostname } = new URL(url);
    if (literalAddress(hostname) !== null) return null;
    const addresses = await within(this.resolve(hostname), limits.lookupMs, []).catch(() => []);
    const wrong = addresses.map((address) => addressRefusal(address, this.mode)).find((one) => one !== null);
    return wrong ? `${hostname} leads to an address that must not be called: ${wrong}` : null;
  }

  /** Sends once and follows no redirect. Any answer is a value; throws `SafeHttpError` if there is none. */
  async post(url: string, request: SafeRequest): Promise<SafeAnswer> {
    const { origin, path } = this.targetOf(url);
    // What is compressed can be small and become huge.
    const headers = { ...request.headers, 'Accept-Encoding': 'identity' };
    return new Promise((resolve, reject) => {
      this.agent.dispatch(
        { origin, path, method: 'POST', headers, body: request.body },
        new Exchange(request.timeoutMs, resolve, reject),
      );
    });
  }

  async close(): Promise<void> {
    await this.agent.destroy();
  }

  /** Remembered: thousands of calls go to the same few URLs, and what one tells never changes. */
  private targetOf(url: string): Target {
    const known = this.targets.get(url);
    if (known) return known;
    const refusal = this.refusal(url);
    if (refusal) throw new SafeHttpError('refused_address', refusal);
    const { origin, pathname, search } = new URL(url);
    if (this.targets.size >= limits.targetsKnown) this.targets.clear();
    this.targets.set(url, { origin, path: pathname + search });
    return { origin, path: pathname + search };
  }
}
