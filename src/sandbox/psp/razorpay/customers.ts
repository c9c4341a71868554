import type { Change } from '../world.js';
import type { Endpoint, Operation } from './endpoint.js';
import { badRequest, noSuchId } from './errors.js';
import { tellToken } from './events.js';
import { collection } from './list.js';
import { flagAt, notesAt, phoneAt, shortText, textAt } from './params.js';
import { cancelledId, isCancelled, savedToken, TOKEN_IDS, tokenView } from './tokens.js';
import { customerView } from './views.js';

const ROOT = '/v1/customers';

/** razorpay.com/docs/api/customers, and the tokens saved for them. */
export const customerEndpoints: Endpoint[] = [
  { method: 'POST', path: ROOT, params: 'name email contact gstin fail_existing notes', run: create },
  {
    method: 'GET',
    path: `${ROOT}/:id/tokens`,
    params: '',
    run({ change, ids }) {
      const customer = customerId(ids);
      return collection(TOKEN_IDS.map((id) => tokenView(change, customer, id)));
    },
  },
  {
    method: 'GET',
    path: `${ROOT}/:id/tokens/:id`,
    params: '',
    run: ({ change, ids }) => tokenView(change, customerId(ids), tokenId(ids)),
  },
  { method: 'PUT', path: `${ROOT}/:id/tokens/:id/cancel`, params: '', run: cancel },
];

/** A customer is known by e-mail and phone; the same again is an error, or with `fail_existing=0` the same customer. */
function create({ change, params, nowSeconds }: Operation): unknown {
  const email = textAt(params, 'email');
  const contact = phoneAt(params, 'contact');
  const existing = withSame(change, email, contact);
  if (existing && (flagAt(params, 'fail_existing') ?? true)) {
    throw badRequest('Customer already exists for the merchant');
  }
  const row = {
    id: change.world.nextId('cust'),
    created: nowSeconds,
    name: shortText(params, 'name', 50),
    email,
    contact,
    gstin: textAt(params, 'gstin'),
    notes: notesAt(params),
  };
  return customerView(existing ?? change.put('razorpay_customers', row));
}

function withSame(change: Change, email: string | null, contact: string | null) {
  if (email === null && contact === null) return undefined;
  for (const row of change.world.rows('razorpay_customers')) {
    if (row.email === email && row.contact === contact) return row;
  }
  return undefined;
}

function cancel({ change, ids, nowSeconds }: Operation): unknown {
  const customer = customerId(ids);
  const token = tokenId(ids);
  if (isCancelled(change, customer, token)) throw badRequest('The token has been cancelled already.');
  change.put('razorpay_cancelled_tokens', { id: cancelledId(customer, token), cancelled: nowSeconds });
  tellToken(change, 'cancellation_initiated', tokenView(change, customer, token));
  return { status: 'cancellation_initiated' };
}

/** Any customer may have saved tokens, also one this sandbox has not seen made. */
function customerId([customer = '']: string[]): string {
  if (/^cust_\w+$/.test(customer)) return customer;
  throw noSuchId();
}

function tokenId([, token = '']: string[]): string {
  if (savedToken(token)) return token;
  throw noSuchId();
}
