/** razorpay.com/docs/errors: what an error says, and what a failed payment keeps in its `error_*` fields. */
export interface ErrorFields {
  code: 'BAD_REQUEST_ERROR' | 'GATEWAY_ERROR' | 'SERVER_ERROR';
  description: string;
  source?: string;
  step?: string;
  reason?: string;
  field?: string;
}

/** An answer that is not 2xx. With `keeps`, what the request has done until then stays done. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly fields: ErrorFields,
    readonly keeps = false,
    readonly metadata: Record<string, string> = {},
  ) {
    super(fields.description);
  }

  body(): unknown {
    // The plainest errors, such as a wrong key, come without the rest.
    const { source, reason } = this.fields;
    const bare = source === undefined && reason === undefined;
    return { error: bare ? this.fields : { ...this.fields, metadata: this.metadata } };
  }
}

export function badRequest(description: string, more: { field?: string; reason?: string } = {}): Refusal {
  return new Refusal(400, {
    code: 'BAD_REQUEST_ERROR',
    description,
    source: 'business',
    step: 'payment_initiation',
    reason: more.reason ?? 'input_validation_failed',
    ...(more.field === undefined ? {} : { field: more.field }),
  });
}

/** An unknown id is a bad request here, not a 404. */
export function noSuchId(): Refusal {
  return badRequest('The id provided does not exist');
}

export function unauthorized(description = 'Authentication failed'): Refusal {
  return new Refusal(401, { code: 'BAD_REQUEST_ERROR', description });
}

export function unknownUrl(): Refusal {
  const description = 'The requested URL was not found on the server.';
  return new Refusal(400, { code: 'BAD_REQUEST_ERROR', description });
}

export function orderAlreadyPaid(): Refusal {
  return badRequest(
    'Your payment has been declined as the order is already paid. Please initiate the payment with a new order.',
    { reason: 'order_already_paid' },
  );
}

function notAvailable(status: number, description: string): Refusal {
  const fields = { code: 'BAD_REQUEST_ERROR' as const, description, source: 'NA', step: 'NA', reason: 'NA' };
  return new Refusal(status, fields);
}

export function keyInUse(): Refusal {
  return notAvailable(409, 'Another request with the same idempotency key is still in progress.');
}

export function keyReused(): Refusal {
  return notAvailable(400, 'Different request with the same idempotency key has already been processed.');
}

export function tooManyRequests(): Refusal {
  return new Refusal(429, { code: 'BAD_REQUEST_ERROR', description: 'Too many requests' });
}

export function serverError(status = 500): Refusal {
  const description =
    'We are facing some trouble completing your request at the moment. Please try again shortly.';
  return new Refusal(status, { code: 'SERVER_ERROR', description });
}
