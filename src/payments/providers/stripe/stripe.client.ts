import Stripe from 'stripe';
import type { Config } from '../../../config/config.js';
import { ProviderUnavailable } from '../payment-provider.js';
import { withoutKeys } from '../quoted-keys.js';
import { oneTryHttpClient } from './one-try.js';

/** Shared payment tokens are in preview: https://docs.stripe.com/agentic-commerce/concepts/shared-payment-tokens */
export const previewVersion = '2026-04-22.preview';

/** Never retries by itself: the one who holds the attempt's lease decides, within one deadline. */
export function stripeClient(
  secretKey: string,
  { stripe: { apiBase }, timings }: Pick<Config, 'stripe' | 'timings'>,
): Stripe {
  const base = apiBase ? new URL(apiBase) : undefined;
  return new Stripe(secretKey, {
    maxNetworkRetries: 0,
    httpClient: oneTryHttpClient((answer) => withoutKeys(answer, [secretKey])),
    timeout: timings.providerTimeoutMs,
    telemetry: false,
    ...(base && {
      host: base.hostname,
      port: base.port || (base.protocol === 'https:' ? 443 : 80),
      protocol: base.protocol === 'https:' ? 'https' : 'http',
    }),
  });
}

/** The answer, null if Stripe knows no such object, or `ProviderUnavailable`. */
export async function ask<T>(question: Promise<T>): Promise<T | null> {
  try {
    return await question;
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeError)) throw error;
    if (error.code === 'resource_missing') return null;
    throw new ProviderUnavailable(`Stripe: ${error.code ?? error.type}`, { cause: error });
  }
}

const pageSize = 100;

/** All objects of a list, page by page. */
export async function* everyOne<T extends { id: string }, P extends object>(
  list: (params: P & Stripe.PaginationParams) => Promise<Stripe.ApiList<T>>,
  params: P,
): AsyncIterable<T> {
  let last: string | undefined;
  for (;;) {
    const page = await ask(list({ ...params, limit: pageSize, ...(last && { starting_after: last }) }));
    if (!page) return;
    yield* page.data;
    last = page.data.at(-1)?.id;
    if (!page.has_more || !last) return;
  }
}
