import { erasedTables } from './personal-columns.js';

const changed: Record<string, number> = { checkout_session: 2, shop_order: 1, payment_attempt: 1 };

export const erasedExample = {
  erased: Object.fromEntries(erasedTables.map((table) => [table, changed[table] ?? 0])),
  unfinished_orders: ['ord_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1'],
  at_providers: [{ provider: 'stripe', payment: 'pi_3Q0PsIJvEtkwdCNY1MSaVuRz' }],
};

export const exportedExample = {
  email: 'ada@example.com',
  exported_at: '2026-11-22T12:00:00.000Z',
  sessions: [
    {
      id: 'cs_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
      state: 'completed',
      currency: 'usd',
      total: 14464,
      content: { buyer: { email: 'ada@example.com', first_name: 'Ada' } },
    },
  ],
  orders: [{ id: 'ord_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1', buyer: { email: 'ada@example.com' } }],
  stored_replies: [
    { path: '/checkout_sessions', status: 201, body: { buyer: { email: 'ada@example.com' } } },
  ],
};

/** Of whom; the buyer of the examples of the checkout. */
export const personExamples = { 'a buyer': { value: { email: 'ada@example.com' } } };
