import type Stripe from 'stripe';
import type { AuthenticationProof, Credential, CredentialProblem } from '../payment-provider.js';
import { isTestKey } from './stripe.handler.js';

export const sharedPaymentToken = 'shared_payment_token';

/** Opaque, as Stripe's documentation says nothing of its form; test tokens are known by theirs. */
export function credentialOf(token: string, secretKey: string): Credential | CredentialProblem {
  const testToken = /^(tok|pm_card)_/.exec(token)?.[1];
  if (testToken && !isTestKey(secretKey))
    return { problem: 'test tokens are not accepted in live mode', member: 'token' };
  if (!/^[\x21-\x7e]{1,255}$/.test(token))
    return { problem: 'it must be 1 to 255 visible ASCII characters', member: 'token' };
  return { kind: testToken ?? sharedPaymentToken, token };
}

type MethodParams = Pick<
  Stripe.PaymentIntentCreateParams,
  'payment_method' | 'payment_method_data' | 'payment_method_options'
>;

/** What of a payment intent's parameters the credential decides; the same for the same credential. */
export function methodParams({ kind, token, authentication }: Credential): MethodParams {
  return {
    ...instrumentParams(kind, token),
    ...(authentication && {
      payment_method_options: { card: { three_d_secure: threeDSecure(authentication) } },
    }),
  };
}

/** The released types know neither shared payment tokens nor card tokens here; the API does. */
function instrumentParams(kind: string, token: string): MethodParams {
  switch (kind) {
    case 'pm_card':
      return { payment_method: token };
    case 'tok':
      return { payment_method_data: { type: 'card', card: { token } } as never };
    default:
      return { payment_method_data: { shared_payment_granted_token: token } as never };
  }
}

type ThreeDSecure = Stripe.PaymentIntentCreateParams.PaymentMethodOptions.Card.ThreeDSecure;

/** https://docs.stripe.com/payments/payment-intents/three-d-secure-import */
function threeDSecure(proof: AuthenticationProof): ThreeDSecure {
  return {
    cryptogram: proof.cryptogram,
    electronic_commerce_indicator: proof.electronicCommerceIndicator,
    transaction_id: proof.transactionId,
    version: proof.version,
  };
}
