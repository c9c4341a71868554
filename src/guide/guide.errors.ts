import { ApiError, type ApiErrorOptions } from '../common/api-error.js';
import type { Amount, CheckoutSummary } from './guide-checkout.view.js';

/** What can be bought instead. */
export interface Alternative {
  id: string;
  name: string;
  price: Amount;
}

export interface GuideErrorOptions extends Pick<
  ApiErrorOptions,
  'status' | 'code' | 'message' | 'retryAfterSeconds' | 'storable'
> {
  /** True if the same call can succeed later, or once what is named here is mended. */
  retryable: boolean;
  /** Members of the request that are wrong or missing. */
  fields?: string[];
  alternatives?: Alternative[];
  /** The checkout as it stands now, where the agent has to read it out again. */
  checkout?: CheckoutSummary;
}

/** A refusal in this dialect's words; the message is for the agent to read aloud. */
export class GuideError extends ApiError {
  constructor(readonly told: GuideErrorOptions) {
    super(told);
  }
}

export function guideErrorBody(told: GuideErrorOptions): object {
  const { code, message, retryable, fields, alternatives, checkout } = told;
  return {
    error: {
      code,
      message,
      retryable,
      ...(fields && fields.length > 0 && { fields }),
      ...(alternatives && alternatives.length > 0 && { alternatives }),
    },
    ...(checkout && { checkout }),
  };
}

/** Refusals that only this dialect has. All others come from the use-cases and are translated. */
export const guideErrors = {
  invalidRequest: (message: string, fields: string[]) =>
    new GuideError({ status: 400, code: 'invalid_request', message, retryable: false, fields }),
  invalidAddress: (message: string, fields: string[]) =>
    new GuideError({ status: 400, code: 'invalid_address', message, retryable: true, fields }),
  notReady: (message: string, fields: string[]) =>
    new GuideError({ status: 409, code: 'not_ready', message, retryable: true, fields }),
  outOfStock: (message: string, alternatives: Alternative[] = []) =>
    new GuideError({ status: 409, code: 'out_of_stock', message, retryable: false, alternatives }),
  priceChanged: (message: string, checkout: CheckoutSummary) =>
    new GuideError({ status: 409, code: 'price_changed', message, retryable: true, checkout }),
  paymentDeclined: (message: string, retryable: boolean, checkout: CheckoutSummary) =>
    new GuideError({ status: 402, code: 'payment_declined', message, retryable, checkout }),
  authenticationRequired: (message: string, checkout: CheckoutSummary) =>
    new GuideError({ status: 402, code: 'authentication_required', message, retryable: true, checkout }),
};

/** Something in the cart is sold out. Whoever can ask the catalogue adds what could be bought instead. */
export class OutOfStock extends GuideError {
  constructor(
    message: string,
    readonly itemId: string,
    readonly currency: string,
    /** What is in the cart anyway, and so is no alternative. */
    readonly cartItemIds: string[],
  ) {
    super(guideErrors.outOfStock(message).told);
  }
}
