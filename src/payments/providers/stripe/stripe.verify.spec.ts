import type Stripe from 'stripe';
import { describe, expect, it } from 'vitest';
import { verifyStripe } from './stripe.verify.js';

const settings = { secretKey: 'sk_test_1', merchantId: 'acct_1', webhookSecret: 'whsec_1' };
const connect = () => ({ balance: { retrieve: () => Promise.resolve({}) } }) as unknown as Stripe;

describe('a key of test mode', () => {
  it('is what the sandbox wants, and told of anywhere else', async () => {
    expect(await verifyStripe(settings, true, connect)).toEqual({ ok: true, problems: [] });
    expect(await verifyStripe(settings, false, connect)).toEqual({
      ok: false,
      problems: [expect.stringContaining('test mode')],
    });
  });
});
