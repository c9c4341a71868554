import { describe, expect, it } from 'vitest';
import type { Config } from '../../../config/config.js';
import type { SettingsService } from '../../../settings/settings.service.js';
import { StripeProvider } from './stripe.provider.js';

const provider = (settings: object): StripeProvider =>
  new StripeProvider({ get: () => Promise.resolve(settings) } as unknown as SettingsService, {} as Config);

describe('the offer to pay with Stripe', () => {
  const total = { amount: 5000, currency: 'usd' };

  it('is made when key and account are known', async () => {
    const offer = await provider({ secretKey: 'sk_live_x', merchantId: 'acct_1' }).offer(total, []);
    expect(offer).toMatchObject({
      handler: { config: { merchant_id: 'acct_1', environment: 'production', supports_3ds: false } },
    });
  });

  it.each([{ merchantId: 'acct_1' }, { secretKey: 'sk_live_x' }])(
    'is not made with only %j',
    async (settings) => {
      expect(await provider(settings).offer(total, [])).toEqual({ notConfigured: true });
    },
  );

  it('takes test tokens with a test-mode key only', async () => {
    const parse = (secretKey: string): Promise<object> =>
      provider({ secretKey }).parseCredential({ type: 'spt', token: 'tok_visa' });
    expect(await parse('sk_test_x')).toEqual({ kind: 'tok', token: 'tok_visa' });
    expect(await parse('sk_live_x')).toHaveProperty('problem');
  });
});
