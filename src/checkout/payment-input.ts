import { apiErrors } from '../common/api-error.js';
import type { PaymentHandler, RawCredential } from '../payments/providers/payment-provider.js';
import { checkoutErrors } from './checkout.errors.js';

/** What `complete` says about paying. */
export interface PaymentInput {
  /** Which of the session's handlers; or, from older agents, the provider behind it. */
  handlerId?: string;
  provider?: string;
  instrumentType: string;
  credential: RawCredential;
}

/** Matches the input against the handlers that this session offers. */
export function readPayment(
  input: PaymentInput | null,
  handlers: PaymentHandler[],
): { handler: PaymentHandler; credential: RawCredential } {
  if (!input) throw apiErrors.missing('$.payment_data');
  const handler = handlers.find(({ id, psp }) =>
    input.handlerId ? id === input.handlerId : psp === input.provider,
  );
  if (!handler) throw checkoutErrors.invalidHandler();
  const accepted = handler.accepts.find(({ instrument }) => instrument === input.instrumentType);
  if (!accepted) {
    const allowed = handler.accepts.map(({ instrument }) => instrument).join(', ');
    throw checkoutErrors.invalidPaymentData(
      '.instrument.type',
      `This handler takes the instruments ${allowed}.`,
    );
  }
  if (!accepted.credentials.includes(input.credential.type)) {
    const allowed = accepted.credentials.join(', ');
    throw checkoutErrors.invalidPaymentData(
      '.instrument.credential.type',
      `This instrument takes the credentials ${allowed}.`,
    );
  }
  return { handler, credential: input.credential };
}
