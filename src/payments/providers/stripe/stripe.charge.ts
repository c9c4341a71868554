import type Stripe from 'stripe';
import type { ChargeRequest } from '../payment-provider.js';
import { previewVersion } from './stripe.client.js';
import { methodParams } from './stripe.credential.js';

/** Clocks differ; a list of recent payments begins this much before the attempt. */
const clockSkewSeconds = 300;
const listPages = 20;

/** Every parameter comes from the attempt's row: Stripe answers the same key with other parameters with an error. */
export function charge(stripe: Stripe, request: ChargeRequest): Promise<Stripe.PaymentIntent> {
  return stripe.paymentIntents.create(
    {
      amount: request.amount,
      currency: request.currency,
      confirm: true,
      capture_method: request.capture,
      description: request.description,
      ...methodParams(request.credential()),
      automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
      // A need for 3-D Secure ends this payment for good, so that nothing stays payable behind our back.
      error_on_requires_action: true,
      metadata: {
        checkout_session_id: request.subjectId,
        attempt_id: request.attemptId,
        store_instance: request.storeInstance,
      },
      expand: ['latest_charge'],
    },
    { idempotencyKey: request.key, apiVersion: previewVersion },
  );
}

/** By listing and not by searching: Stripe's search index lags by minutes, its lists do not. */
export async function findIntent(
  stripe: Stripe,
  request: ChargeRequest,
): Promise<Stripe.PaymentIntent | 'nowhere' | 'too many to look through'> {
  const expand = { expand: ['latest_charge'] };
  if (request.reference) return stripe.paymentIntents.retrieve(request.reference, expand);
  const since = Math.floor(request.createdAt.getTime() / 1000) - clockSkewSeconds;
  let page = await stripe.paymentIntents.list({ created: { gte: since }, limit: 100 });
  for (let pages = 1; ; pages++) {
    const found = page.data.find(({ metadata }) => metadata.attempt_id === request.attemptId);
    if (found) return stripe.paymentIntents.retrieve(found.id, expand);
    const last = page.data.at(-1);
    if (!page.has_more || !last) return 'nowhere';
    if (pages === listPages) return 'too many to look through';
    page = await stripe.paymentIntents.list({
      created: { gte: since },
      limit: 100,
      starting_after: last.id,
    });
  }
}
