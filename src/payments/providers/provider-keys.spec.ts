import { describe, expect, it } from 'vitest';
import { type Config, loadConfig } from '../../config/config.js';
import { RazorpaySettings } from './razorpay/razorpay.settings.js';
import { StripeSettings } from './stripe/stripe.settings.js';

const sandbox = loadConfig({});
const production = (more: NodeJS.ProcessEnv = {}): Config =>
  loadConfig({
    NODE_ENV: 'production',
    DATABASE_URL: 'postgres://x',
    SETTINGS_ENCRYPTION_KEY: Buffer.alloc(32).toString('base64'),
    ADMIN_API_KEY: 'x'.repeat(24),
    PUBLIC_URL: 'https://shop.example',
    ...more,
  });

describe('keys of a payment provider that somebody sets', () => {
  it.each<[string, Config, Partial<StripeSettings>, string[]]>([
    ['a live key in the sandbox', sandbox, { secretKey: 'sk_live_1' }, ['$.secretKey']],
    ['a live restricted key in the sandbox', sandbox, { secretKey: 'rk_live_1' }, ['$.secretKey']],
    ['a test key in the sandbox', sandbox, { secretKey: 'sk_test_1' }, []],
    ['a live key in production', production(), { secretKey: 'sk_live_1' }, []],
    ['a test key in production', production(), { secretKey: 'sk_test_1' }, ['$.secretKey']],
    [
      'a test key where it is allowed',
      production({ ALLOW_TEST_PSP: 'true' }),
      { secretKey: 'sk_test_1' },
      [],
    ],
    [
      'a live key for this machine',
      production({ STRIPE_API_BASE: 'http://127.0.0.1:1' }),
      { secretKey: 'sk_live_1' },
      ['$.secretKey'],
    ],
    [
      'what everybody knows, in production',
      production({ ALLOW_TEST_PSP: 'true' }),
      {
        secretKey: 'sk_test_sandbox',
        webhookSecret: 'whsec_sandbox',
        webhookSecretPrevious: 'whsec_sandbox',
      },
      ['$.secretKey', '$.webhookSecret', '$.webhookSecretPrevious'],
    ],
    [
      'what everybody knows, in the sandbox',
      sandbox,
      { secretKey: 'sk_test_sandbox', webhookSecret: 'whsec_sandbox' },
      [],
    ],
    ['a publishable key', sandbox, { secretKey: 'pk_test_1' }, ['$.secretKey']],
  ])('%s', (_, config, values, params) => {
    const problems = StripeSettings.check(Object.assign(new StripeSettings(), values), config);
    expect(problems.map(({ param }) => param)).toEqual(params);
    for (const { message } of problems) expect(message).not.toMatch(/live_1|test_1|whsec/);
  });

  it('are held to the same at Razorpay', () => {
    const check = (values: Partial<RazorpaySettings>, config: Config): string[] =>
      RazorpaySettings.check(Object.assign(new RazorpaySettings(), values), config).map(({ param }) => param);
    expect(check({ keyId: 'rzp_live_1' }, sandbox)).toEqual(['$.keyId']);
    expect(check({ keyId: 'rzp_test_1' }, production())).toEqual(['$.keyId']);
    expect(check({ keyId: 'rzp_live_1', keySecret: 'rzp_sandbox_secret' }, production())).toEqual([
      '$.keySecret',
    ]);
    expect(check({ keyId: 'rzp_live_1' }, production())).toEqual([]);
  });
});
