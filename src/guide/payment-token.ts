import { ValidateBy } from 'class-validator';
import type { PaymentInput } from '../checkout/payment-input.js';

/** Members of a credential object; those that a type does not want are left out. */
const members = ['type', 'token', 'order_id', 'signature', 'customer_id'] as const;

type CredentialObject = Record<'type' | 'token', string> & Partial<Record<(typeof members)[number], string>>;

/** A card token of Stripe's as it is, or a credential with its type. */
export type PaymentToken = string | CredentialObject;

export const IsPaymentToken = (): PropertyDecorator =>
  ValidateBy({
    name: 'isPaymentToken',
    validator: {
      validate: isPaymentToken,
      defaultMessage: () => '$property must be a token, or a credential with type and token',
    },
  });

/** The provider is the one that takes such a token, unless the agent names one. */
export function toPaymentInput(sent: PaymentToken, provider: string | undefined): PaymentInput {
  const credential = typeof sent === 'string' ? { type: 'spt', token: sent } : pick(sent);
  const isCard = credential.type === 'spt';
  return {
    provider: provider ?? (isCard ? 'stripe' : 'razorpay'),
    // Razorpay's instruments have the name of their one credential.
    instrumentType: isCard ? 'card' : credential.type,
    credential,
  };
}

const isText = (value: unknown): boolean => typeof value === 'string' && /^.{1,2000}$/s.test(value);

function isPaymentToken(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return isText(value);
  const { type, token, ...others } = value as Record<string, unknown>;
  return (
    isText(type) && isText(token) && members.every((name) => others[name] == null || isText(others[name]))
  );
}

function pick(sent: CredentialObject): CredentialObject {
  const known = members.flatMap((name) => (sent[name] == null ? [] : [[name, sent[name]]]));
  return Object.fromEntries(known) as CredentialObject;
}
