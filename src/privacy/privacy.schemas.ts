import { flag, instant, list, open, type Schema, shape, text } from '../common/http/schema.js';
import { exportRows } from './export-rows.js';

/* A person's copy and erasure as the documentation describes them. */

const rowsOf = (what: string): Schema => list(what, { type: 'object' });

export const exportedSchema = shape('PersonExport', {
  email: text('Of whom'),
  exported_at: instant('When the copy was made'),
  ...Object.fromEntries(
    Object.keys(exportRows).map((name) => [
      `${name}?`,
      rowsOf(`What is kept in ${name.replaceAll('_', ' ')}`),
    ]),
  ),
  'provider_webhooks?': rowsOf('What the payment providers told'),
  'stored_replies?': rowsOf('Answers that are kept to be repeated'),
});

export const erasedSchema = shape('PersonErasure', {
  'dry_run?': flag('True if nothing was changed'),
  erased: open('How many rows were changed, by table', { type: 'integer' }),
  unfinished_orders: list('Orders of which something is still to be shipped', { type: 'string' }),
  at_providers: list(
    'Payments by which the providers know the person in records of their own',
    shape('PaymentAtProvider', {
      provider: text('Code of the payment provider'),
      payment: text('The provider’s id of the payment'),
    }),
  ),
});
