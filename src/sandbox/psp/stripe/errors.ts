export interface ErrorFields {
  type: 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error';
  message: string;
  code?: string;
  decline_code?: string;
  advice_code?: string;
  network_decline_code?: string;
  param?: string;
  charge?: string;
}

/**
 * An answer that is not 2xx. `executed` says that the request got past validation: such an answer is stored under the
 * idempotency key together with whatever it changed (docs.stripe.com/api/idempotent_requests).
 */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly fields: ErrorFields,
    readonly executed = false,
    /** Objects shown inside the error, such as the payment intent of a decline. */
    readonly nested: Record<string, unknown> = {},
  ) {
    super(fields.message);
  }

  body(): unknown {
    const doc = this.fields.code ? { doc_url: docUrl(this.fields.code) } : {};
    return { error: { ...this.fields, ...doc, ...this.nested } };
  }
}

export function docUrl(code: string): string {
  return `https://stripe.com/docs/error-codes/${code.replaceAll('_', '-')}`;
}

/** The request itself is wrong. Nothing happened and nothing is stored. */
export function invalidRequest(message: string, more: { code?: string; param?: string } = {}): Refusal {
  return new Refusal(400, { type: 'invalid_request_error', message, ...more });
}

/** The request is well formed and what it asks for is not possible now. Stored under the key. */
export function notPossible(
  message: string,
  more: { code?: string; param?: string } = {},
  nested: Record<string, unknown> = {},
): Refusal {
  return new Refusal(400, { type: 'invalid_request_error', message, ...more }, true, nested);
}

/** 404 for the object a path names, 400 for one a parameter names. */
export function noSuch(what: string, id: string, param: string, status: 400 | 404 = 400): Refusal {
  const message = `No such ${what}: '${id}'`;
  return new Refusal(status, { type: 'invalid_request_error', code: 'resource_missing', message, param });
}

export function unknownUrl(method: string, path: string): Refusal {
  const message = `Unrecognized request URL (${method}: ${path}). Please see https://stripe.com/docs or we can help at https://support.stripe.com/.`;
  return new Refusal(404, { type: 'invalid_request_error', message });
}

export function unauthorized(message: string): Refusal {
  return new Refusal(401, { type: 'invalid_request_error', message });
}

export function keyInUse(key: string): Refusal {
  const message = `There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): ${key}. Please try again later.`;
  return new Refusal(409, { type: 'idempotency_error', code: 'idempotency_key_in_use', message });
}

export function keyReused(key: string): Refusal {
  const message = `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`;
  return new Refusal(400, { type: 'idempotency_error', message });
}

export function serverError(status = 500): Refusal {
  const message = 'An unknown error occurred while processing your request.';
  return new Refusal(status, { type: 'api_error', message }, status === 500);
}

export function rateLimited(code = 'rate_limit'): Refusal {
  const message =
    code === 'lock_timeout'
      ? 'This object cannot be accessed right now because another API request or Stripe process is currently accessing it.'
      : 'Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.';
  return new Refusal(429, { type: 'invalid_request_error', code, message });
}
