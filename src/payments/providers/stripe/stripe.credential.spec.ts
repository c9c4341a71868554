import { describe, expect, it } from 'vitest';
import { methodParams } from './stripe.credential.js';

describe('the parameters of a way to pay', () => {
  it.each([
    ['shared_payment_token', 'spt_1', { payment_method_data: { shared_payment_granted_token: 'spt_1' } }],
    ['tok', 'tok_visa', { payment_method_data: { type: 'card', card: { token: 'tok_visa' } } }],
    ['pm_card', 'pm_card_visa', { payment_method: 'pm_card_visa' }],
  ])('%s', (kind, token, params) => {
    expect(methodParams({ kind, token })).toEqual(params);
  });

  it('carry the proof of 3-D Secure', () => {
    const authentication = {
      cryptogram: 'c',
      electronicCommerceIndicator: '05',
      transactionId: 't',
      version: '2.2.0',
    };
    expect(methodParams({ kind: 'pm_card', token: 'pm_card_visa', authentication })).toEqual({
      payment_method: 'pm_card_visa',
      payment_method_options: {
        card: {
          three_d_secure: {
            cryptogram: 'c',
            electronic_commerce_indicator: '05',
            transaction_id: 't',
            version: '2.2.0',
          },
        },
      },
    });
  });
});
