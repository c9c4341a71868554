import { Config, loadConfig } from '../../src/config/config.js';
import type { Timings } from '../../src/config/timings.js';
import { RazorpayProvider } from '../../src/payments/providers/razorpay/razorpay.provider.js';
import { StripeProvider } from '../../src/payments/providers/stripe/stripe.provider.js';
import type { Server } from '../../src/server.js';
import type { TestDatabase } from './database.js';
import { until } from './wait.js';

/** In trouble: so short that calls are given up that the provider carries out all the same. */
export const hasty = {
  providerTimeoutMs: 200,
  chargeDeadlineMs: 400,
  attemptLeaseMs: 600,
  inboxDeadlineMs: 1_000,
  inboxLeaseMs: 1_500,
};

/** In peace: long enough for a machine that is busy with other things. */
const patient: typeof hasty = {
  providerTimeoutMs: 20_000,
  chargeDeadlineMs: 40_000,
  attemptLeaseMs: 90_000,
  inboxDeadlineMs: 40_000,
  inboxLeaseMs: 90_000,
};

/** For servers whose pace is to change. */
export function loadChangeable(env: NodeJS.ProcessEnv): Config {
  const config = loadConfig(env);
  return { ...config, timings: { ...config.timings } };
}

/** How long servers of this process wait for the provider. They start out hasty. */
export class Pace {
  constructor(
    private readonly servers: Server[],
    private readonly db: TestDatabase,
  ) {}

  hurry(): void {
    this.set(hasty);
  }

  /** Leases first: whoever holds a short one still ends by the short deadline. */
  async calmDown(): Promise<void> {
    const { attemptLeaseMs, inboxLeaseMs } = patient;
    this.set({ attemptLeaseMs, inboxLeaseMs });
    await until(
      () =>
        this.db.query(
          ['payment_attempt', 'payment_operation', 'webhook_event']
            .map(
              (table) => `SELECT id FROM ${table} WHERE lease_until BETWEEN now() AND now() + interval '5 s'`,
            )
            .join(' UNION ALL '),
        ),
      (held) => held.length === 0,
    );
    this.set(patient);
  }

  private set(timings: Partial<Timings>): void {
    for (const { app } of this.servers) {
      Object.assign(app.get(Config).timings, timings);
      // Made with the timeout of its time.
      for (const provider of [RazorpayProvider, StripeProvider])
        Reflect.set(app.get<object>(provider, { strict: false }), 'client', undefined);
    }
  }
}
