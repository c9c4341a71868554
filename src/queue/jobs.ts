import type { Timings } from '../config/timings.js';

/**
 * Every job of the system. A job is a wake-up: it carries ids, the rows are the truth, and each handler is safe
 * to run twice and in many processes. `every` names the interval at which a sweep is woken.
 */
export const jobs = {
  'checkout.reconcile': { every: 'reconcileEveryMs' },
  'checkout.expire': { every: 'expireEveryMs' },
  'idempotency.reap': { every: 'reapEveryMs' },
} satisfies Record<string, { every?: keyof Timings }>;

export type JobName = keyof typeof jobs;
