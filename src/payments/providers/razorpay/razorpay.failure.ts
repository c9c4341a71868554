import { ProviderUnavailable } from '../payment-provider.js';
import { isRecord, UnreadableAnswer } from './razorpay.wire.js';

/** An answer that is not a success, or none: https://razorpay.com/docs/errors */
export class RazorpayFailure extends Error {
  constructor(
    /** 0 if there was no answer, or none in Razorpay's own words. */
    readonly status: number,
    readonly code: string,
    readonly description: string,
    readonly reason = '',
    readonly field = '',
    /** Of the failed payment that the request left behind. */
    readonly paymentId: string | null = null,
  ) {
    super(`Razorpay: ${status || code} ${reason || description}`);
  }

  /** The request cannot have been carried out. */
  get neverExecuted(): boolean {
    return this.status === 429 || (this.status === 0 && neverConnected.has(this.code));
  }

  /** Razorpay's last word: the request was read and refused. 409 tells of another one that still runs. */
  get isRefusal(): boolean {
    return this.status >= 400 && this.status < 500 && ![408, 409, 429].includes(this.status);
  }

  get isOurKey(): boolean {
    return this.status === 401 || this.status === 403;
  }

  /** An unknown id is a bad request here, not a 404. */
  get isUnknownId(): boolean {
    return this.isRefusal && /id provided does not exist/.test(this.description);
  }
}

const neverConnected = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);

/**
 * The package rejects with plain objects, its HTTP client with errors that hold a response; both are made alike
 * here. Anything else is a bug of ours and goes on its way.
 */
export function failureOf(error: unknown): RazorpayFailure {
  if (error instanceof RazorpayFailure) return error;
  if (error instanceof UnreadableAnswer) return new RazorpayFailure(0, 'UNREADABLE', error.message);
  const { statusCode, error: body, response } = isRecord(error) ? error : {};
  if (typeof statusCode === 'number' && isRecord(body)) return read(statusCode, body);
  if (isRecord(response) && typeof response.status === 'number' && isRecord(response.data)) {
    if (isRecord(response.data.error)) return read(response.status, response.data.error);
  }
  throw error;
}

function read(status: number, body: Record<string, unknown>): RazorpayFailure {
  const text = (name: string): string => (typeof body[name] === 'string' ? body[name] : '');
  const metadata = isRecord(body.metadata) ? body.metadata : {};
  const paymentId = typeof metadata.payment_id === 'string' ? metadata.payment_id : null;
  return new RazorpayFailure(
    status,
    text('code'),
    text('description'),
    text('reason'),
    text('field'),
    paymentId,
  );
}

/** The answer, null if Razorpay knows no such object, or `ProviderUnavailable`. */
export async function ask<T>(question: Promise<T>): Promise<T | null> {
  try {
    return await question;
  } catch (error) {
    const failure = failureOf(error);
    if (failure.isUnknownId) return null;
    throw new ProviderUnavailable(failure.message, { cause: error });
  }
}
