import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { PreparedObject, RawCredential } from '../payment-provider.js';
import { credentialOf, customerAndToken } from './razorpay.credential.js';
import type { RazorpaySettings } from './razorpay.settings.js';

const settings: RazorpaySettings = { keyId: 'rzp_test_1', keySecret: 'secret', savedTokens: true };
const prepared: PreparedObject[] = [
  { id: 'pop_1', kind: 'order', reference: 'order_1' },
  { id: 'pop_2', kind: 'link', reference: 'plink_1' },
];
const sign = (text: string, key = 'secret'): string => createHmac('sha256', key).update(text).digest('hex');
const proof: RawCredential = {
  type: 'razorpay_payment',
  token: 'pay_1',
  order_id: 'order_1',
  signature: sign('order_1|pay_1'),
};
const saved: RawCredential = { type: 'razorpay_token', token: 'token_1', customer_id: 'cust_1' };
const read = (credential: RawCredential, over: Partial<RazorpaySettings> = {}) =>
  credentialOf(credential, prepared, { ...settings, ...over });

describe('a proof of payment', () => {
  it('names its payment', () => {
    expect(read(proof)).toEqual({ kind: 'razorpay_payment', token: 'pay_1', reference: 'pay_1' });
  });

  it.each([
    [{ token: 'pay/../1' }, 'token'],
    [{ order_id: undefined }, 'order_id'],
    [{ order_id: { toString: 'order_1' } }, 'order_id'],
    // Signed, and of another session.
    [{ order_id: 'order_2', signature: sign('order_2|pay_1') }, 'order_id'],
    [{ signature: undefined }, 'signature'],
    [{ signature: [proof.signature] }, 'signature'],
    [{ signature: '' }, 'signature'],
    [{ signature: sign('order_1|pay_2') }, 'signature'],
    [{ signature: sign('order_1|pay_1', 'webhook secret') }, 'signature'],
    [{ token: 'pay_2' }, 'signature'],
  ])('with %j is none: %s', (over, member) => {
    expect(read({ ...proof, ...over })).toMatchObject({ member });
  });

  it('is not for the order of a link, and not accepted without a key', () => {
    const link = { ...proof, order_id: 'plink_1', signature: sign('plink_1|pay_1') };
    expect(read(link)).toMatchObject({ member: 'order_id' });
    expect(read(proof, { keySecret: undefined })).toMatchObject({ member: 'type' });
  });
});

describe('a saved token', () => {
  it('is a token and its customer', () => {
    const credential = read(saved);
    expect(credential).toEqual({
      kind: 'razorpay_token',
      token: 'cust_1/token_1',
      savedToken: { token: 'token_1', customerId: 'cust_1' },
    });
    expect(customerAndToken('cust_1/token_1')).toEqual({ customer: 'cust_1', token: 'token_1' });
  });

  it('is accepted only where that is switched on', () => {
    expect(read(saved, { savedTokens: false })).toMatchObject({ member: 'type' });
    expect(read({ ...saved, type: 'card' })).toMatchObject({ member: 'type' });
  });

  it.each([
    [{ token: 'tok_1' }, 'token'],
    [{ customer_id: 'cust_1/tokens' }, 'customer_id'],
    [{ customer_id: undefined }, 'customer_id'],
  ])('with %j is none: %s', (over, member) => {
    expect(read({ ...saved, ...over })).toMatchObject({ member });
  });
});
