import { describe, expect, it } from 'vitest';
import type { Config } from '../config/config.js';
import { CheckoutSettings } from './checkout.settings.js';

const publicUrl = 'https://shop.example:9000';
const check = (sandbox: boolean, ...urls: string[]): string[] =>
  CheckoutSettings.check(
    { sessionTtlMinutes: 1, currencies: ['usd'], links: urls.map((url) => ({ type: 'faq', url })) },
    { sandbox, publicUrl } as Config,
  ).map(({ param }) => param);

describe('links of the shop', () => {
  it('are https outside the sandbox', () => {
    expect(check(true, 'http://shop.example')).toEqual([]);
    expect(check(false, 'http://shop.example')).toEqual(['$.links[0].url']);
    expect(check(false, 'HTTPS://shop.example')).toEqual([]);
  });

  it('lead to where a request of ours might go: each that does not is named', () => {
    const links = [
      'https://shop.example/terms',
      'https://127.0.0.1/terms',
      'https://169.254.169.254/latest/meta-data',
      'https://10.0.0.1/',
      'https://me:secret@shop.example/',
      'https://shop.example:8080/',
      `${publicUrl}/legal/terms`,
      'https://[::ffff:10.0.0.1]/',
    ];
    const refused = [1, 2, 3, 4, 5, 7].map((index) => `$.links[${index}].url`);
    expect(check(false, ...links)).toEqual(refused);
    expect(check(true, ...links)).toEqual(refused.slice(1));
  });
});
