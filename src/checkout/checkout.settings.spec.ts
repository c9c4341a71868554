import { describe, expect, it } from 'vitest';
import type { Config } from '../config/config.js';
import { CheckoutSettings } from './checkout.settings.js';

const check = (sandbox: boolean, url: string): string[] =>
  CheckoutSettings.check({ sessionTtlMinutes: 1, currencies: ['usd'], links: [{ type: 'faq', url }] }, {
    sandbox,
  } as Config).map(({ param }) => param);

describe('links of the shop', () => {
  it('are https outside the sandbox', () => {
    expect(check(true, 'http://shop.example')).toEqual([]);
    expect(check(false, 'http://shop.example')).toEqual(['$.links[0].url']);
    expect(check(false, 'HTTPS://shop.example')).toEqual([]);
  });
});
