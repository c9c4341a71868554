import { type ApiError, type ApiErrorOptions, errorHeaders } from '../common/api-error.js';
import type { ErrorWording } from '../common/http/error-wording.js';
import { GuideError, guideErrorBody, type GuideErrorOptions } from './guide.errors.js';

/** What this dialect calls or says otherwise. All else keeps its status and message, and but for a 400 its code. */
const translations: Record<string, Partial<GuideErrorOptions> | undefined> = {
  idempotency_key_required: {
    code: 'idempotency_key_required',
    message: 'This request needs an idempotency_key.',
  },
  unauthorized: { message: 'The shop does not know this assistant: a valid API key is required.' },
  invalid_payment_handler: { message: 'This checkout cannot be paid that way.' },
  not_ready_for_payment: { status: 409, code: 'not_ready', retryable: true },
  session_completed: {
    status: 409,
    code: 'already_confirmed',
    message: 'This purchase is already confirmed; the order is placed.',
  },
  session_canceled: { status: 409, code: 'checkout_canceled', message: 'This checkout was canceled.' },
  session_expired: {
    status: 410,
    code: 'checkout_expired',
    message: 'This checkout has expired. Start a new one with the same items.',
    retryable: true,
  },
  // Another wire began to authenticate the buyer: no other card helps here until the cart is changed.
  requires_3ds: {
    status: 402,
    code: 'authentication_required',
    message: 'The bank wants the buyer to authenticate, which is not possible here.',
  },
};

/** Places that the use-cases know by the protocol's names. */
const renamed: [RegExp, string][] = [
  [/^\$\.headers\["Idempotency-Key"\]$/, 'idempotency_key'],
  [/^\$\.line_items(\[\d+\])\.id$/, 'items$1.product_id'],
  [/^\$\.line_items/, 'items'],
  [/^\$\.fulfillment_details\.address\.country$/, 'country'],
  [/^\$\.fulfillment_details\.address$/, 'shipping_address'],
  [/^\$\.(selected_fulfillment_options|fulfillment_options).*$/, 'shipping_option_id'],
  [/^\$\.payment_data\.(handler_id|provider)$/, 'payment_provider'],
  [/^\$\.payment_data\.instrument\.credential\.(order_id|signature|customer_id)$/, 'payment_token.$1'],
  [/^\$\.payment_data.*$/, 'payment_token'],
  [/^\$\.capabilities\.payment\.handlers$/, 'payment_methods'],
  [/^\$\.?/, ''],
];

/** What an agent of this dialect calls a place in its request or in the checkout. */
export function fieldOf(path: string): string {
  const [pattern, name] = renamed.find(([known]) => known.test(path)) ?? [/^/, ''];
  return path.replace(pattern, name);
}

const inAddress = /^\$\.shipping_address\./;
const spoken: Record<string, string | undefined> = { zip: 'postal code' };

/** Every refusal under `/acp`, sent or stored, becomes this dialect's error. */
export const guideWording: ErrorWording = (error) => {
  const told = error instanceof GuideError ? error.told : translate(error);
  // Nothing here is a 405, whatever it was in the protocol.
  const { Allow: _, ...headers } = errorHeaders(error);
  return { status: told.status, headers, body: guideErrorBody(told) };
};

function translate({ options }: ApiError): GuideErrorOptions {
  const { status, code, retryAfterSeconds } = options;
  const paths = options.params ?? (options.param === undefined ? [] : [options.param]);
  if (paths.length > 0 && paths.every((path) => inAddress.test(path))) return invalidAddress(paths);
  const fields = [...new Set(paths.map(fieldOf))].filter((field) => field !== '');
  return {
    status,
    code: status === 400 ? 'invalid_request' : code,
    message: messageOf(options, fields),
    retryable: retryAfterSeconds !== undefined || status >= 500,
    fields,
    ...translations[code],
  };
}

function invalidAddress(paths: string[]): GuideErrorOptions {
  const fields = [...new Set(paths.map((path) => path.replace(inAddress, '')))];
  const names = fields.map((field) => spoken[field] ?? field).join(', ');
  const message = `The delivery address is not complete or not right. Please check: ${names}.`;
  return { status: 400, code: 'invalid_address', message, retryable: true, fields };
}

/** Without the JSONPath that the protocol's messages begin with. */
function messageOf({ code, message }: ApiErrorOptions, [field = 'Something']: string[]): string {
  return code === 'missing' ? `${field} is required.` : message.replace(/^\$\S*: /, '');
}
