import type { Endpoint } from './endpoint.js';
import { noSuch } from './errors.js';
import { page } from './list.js';
import { expansions, textAt } from './params.js';
import * as shapes from './shapes.js';
import { chargeView } from './views.js';

/** Charges are read here and made by payment intents (docs.stripe.com/api/charges). */
export const chargeEndpoints: Endpoint[] = [
  {
    method: 'GET',
    path: '/v1/charges/:id',
    params: shapes.retrieve,
    run({ change, id, params }) {
      const row = change.find('stripe_charges', id);
      if (!row) throw noSuch('charge', id, 'id', 404);
      return chargeView(change, row, expansions(params));
    },
  },
  {
    method: 'GET',
    path: '/v1/charges',
    params: { ...shapes.list, payment_intent: 'value' },
    run(operation) {
      const { change, params } = operation;
      const intent = textAt(params, 'payment_intent');
      const expand = expansions(params);
      const rows = [...change.world.rows('stripe_charges')].filter(
        (row) => intent === null || row.paymentIntent === intent,
      );
      return page(operation, '/v1/charges', rows, (row) => chargeView(change, row, expand));
    },
  },
];
