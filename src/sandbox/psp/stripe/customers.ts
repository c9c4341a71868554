import type { Endpoint, Operation } from './endpoint.js';
import { noSuch } from './errors.js';
import { page } from './list.js';
import { mergedMetadata, shape, textAt } from './params.js';
import * as shapes from './shapes.js';
import type { CustomerRow } from './tables.js';
import { customerView } from './views.js';

const ROOT = '/v1/customers';
const fields = shape('description email name phone', {
  address: 'anything',
  expand: 'anything',
  metadata: 'anything',
  preferred_locales: 'anything',
  shipping: 'anything',
});

/** docs.stripe.com/api/customers */
export const customerEndpoints: Endpoint[] = [
  {
    method: 'POST',
    path: ROOT,
    params: fields,
    run(operation) {
      const { change, nowSeconds } = operation;
      const blank = { id: change.world.nextId('cus'), created: nowSeconds, metadata: {} };
      const empty = { description: null, email: null, name: null, phone: null };
      return customerView(change.put('stripe_customers', filled(operation, { ...blank, ...empty })));
    },
  },
  {
    method: 'POST',
    path: `${ROOT}/:id`,
    params: fields,
    run: (operation) =>
      customerView(operation.change.put('stripe_customers', filled(operation, customerOf(operation)))),
  },
  {
    method: 'GET',
    path: `${ROOT}/:id`,
    params: shapes.retrieve,
    run: (operation) => customerView(customerOf(operation)),
  },
  {
    method: 'GET',
    path: ROOT,
    params: shape('email ending_before limit starting_after', { created: 'anything', expand: 'anything' }),
    run(operation) {
      const email = textAt(operation.params, 'email');
      const rows = [...operation.change.world.rows('stripe_customers')].filter(
        (row) => email === null || row.email === email,
      );
      return page(operation, ROOT, rows, customerView);
    },
  },
];

/** The customer a payment is for, as its request names it. */
export function customerIn({ change, params }: Operation): string | null {
  const id = textAt(params, 'customer');
  if (id !== null && !change.find('stripe_customers', id)) throw noSuch('customer', id, 'customer');
  return id;
}

function filled({ params }: Operation, row: CustomerRow): CustomerRow {
  const given = (name: string, current: string | null) =>
    Object.hasOwn(params, name) ? textAt(params, name) : current;
  return {
    ...row,
    description: given('description', row.description),
    email: given('email', row.email),
    name: given('name', row.name),
    phone: given('phone', row.phone),
    metadata: mergedMetadata(row.metadata, params),
  };
}

function customerOf({ change, id }: Operation): CustomerRow {
  const row = change.find('stripe_customers', id);
  if (!row) throw noSuch('customer', id, 'id', 404);
  return row;
}
