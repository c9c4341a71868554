import type { Timings } from '../config/timings.js';

/**
 * Every job of the system. A job is a wake-up: it carries ids, the rows are the truth, and each handler is safe
 * to run twice and in many processes. `every` names the interval at which a sweep is woken.
 */
export const jobs = {
  'checkout.reconcile': { every: 'reconcileEveryMs' },
  'checkout.expire': { every: 'expireEveryMs' },
  'payments.operations': { every: 'operationsEveryMs' },
  'payments.close-links': { every: 'closeLinksEveryMs' },
  'payments.compare': { every: 'compareEveryMs' },
  'idempotency.reap': { every: 'reapEveryMs' },
  'webhooks.process': { every: 'inboxEveryMs' },
  'inventory.check': { every: 'inventoryCheckEveryMs' },
  'retention.sweep': { every: 'retentionEveryMs' },
  'outbox.relay': { every: 'relayEveryMs' },
  'webhooks.deliver': { every: 'deliverEveryMs' },
  'emails.send': { every: 'emailsEveryMs' },
} satisfies Record<string, { every?: keyof Timings }>;

export type JobName = keyof typeof jobs;
