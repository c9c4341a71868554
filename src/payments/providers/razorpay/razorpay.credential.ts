import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Credential, CredentialProblem, PreparedObject, RawCredential } from '../payment-provider.js';
import { proofOfPayment, savedToken } from './razorpay.handler.js';
import type { RazorpaySettings } from './razorpay.settings.js';
import { isId } from './razorpay.wire.js';

/** Reads what the agent sent; what it proves, it proves for the order of this session only. */
export function credentialOf(
  credential: RawCredential,
  prepared: PreparedObject[],
  { keySecret, savedTokens }: RazorpaySettings,
): Credential | CredentialProblem {
  if (credential.type === proofOfPayment && keySecret) return proof(credential, prepared, keySecret);
  if (credential.type === savedToken && savedTokens) return saved(credential);
  return problem('type', 'credentials of this type are not accepted');
}

/** https://razorpay.com/docs/payments/payment-gateway/web-integration/standard/integration-steps: the signature */
function proof(
  { token, order_id: order, signature }: RawCredential,
  prepared: PreparedObject[],
  keySecret: string,
): Credential | CredentialProblem {
  if (!isId(token, 'pay')) return problem('token', 'it must be the id of a Razorpay payment');
  if (!isId(order, 'order')) return problem('order_id', 'it must be the id of a Razorpay order');
  if (!prepared.some(({ kind, reference }) => kind === 'order' && reference === order))
    return problem('order_id', 'it is not the order of this session');
  if (!isSignature(signature, `${order}|${token}`, keySecret))
    return problem('signature', 'it is not the signature of this payment on this order');
  return { kind: proofOfPayment, token, reference: token };
}

function saved({ token, customer_id: customerId }: RawCredential): Credential | CredentialProblem {
  if (!isId(token, 'token')) return problem('token', 'it must be the id of a Razorpay token');
  if (!isId(customerId, 'cust'))
    return problem('customer_id', 'it must be the id of the Razorpay customer whose token it is');
  return { kind: savedToken, token: `${customerId}/${token}`, savedToken: { token, customerId } };
}

/** What `saved` put together. */
export function customerAndToken(token: string): { customer: string; token: string } {
  const [customer = '', name = ''] = token.split('/');
  return { customer, token: name };
}

/** HMAC-SHA256 in hex, compared without telling by the time it takes how much of it is right. */
export function isSignature(signature: unknown, signed: string | Buffer, secret: string): boolean {
  if (typeof signature !== 'string' || !/^[0-9a-f]{64}$/i.test(signature)) return false;
  const expected = createHmac('sha256', secret).update(signed).digest();
  return timingSafeEqual(Buffer.from(signature, 'hex'), expected);
}

const problem = (member: string, sentence: string): CredentialProblem => ({ member, problem: sentence });
