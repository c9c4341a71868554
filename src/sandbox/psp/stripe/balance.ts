import type { Endpoint } from './endpoint.js';
import * as shapes from './shapes.js';

/** What the ledger adds up to, all of it available at once. Mostly asked to find out whether a key works. */
export const balanceEndpoints: Endpoint[] = [
  {
    method: 'GET',
    path: '/v1/balance',
    params: shapes.retrieve,
    run({ change }) {
      const sums = new Map<string, number>([['usd', 0]]);
      for (const entry of change.world.rows('ledger')) {
        if (entry.provider !== 'stripe') continue;
        const signed = entry.type === 'capture' ? entry.amount : -entry.amount;
        sums.set(entry.currency, (sums.get(entry.currency) ?? 0) + signed);
      }
      const available = [...sums].map(([currency, amount]) => ({
        amount,
        currency,
        source_types: { card: amount },
      }));
      const pending = available.map(({ currency }) => ({ amount: 0, currency, source_types: { card: 0 } }));
      return { object: 'balance', available, livemode: false, pending };
    },
  },
];
