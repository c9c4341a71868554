import { Injectable, Logger } from '@nestjs/common';
import { InventoryStore } from '../catalog/inventory.store.js';
import { Database, together } from '../database/database.js';
import { AttemptStore } from '../payments/attempt.store.js';
import { OnJob } from '../queue/on-job.decorator.js';
import { holdsStock } from './checkout.states.js';
import { nextVersion, SessionStore } from './session.store.js';
import { SettlementService } from './settlement.service.js';

const batch = 100;
const parallel = 4;

/** What has to happen although no request comes: every attempt ends, every session's time runs out. */
@Injectable()
export class CheckoutSweeps {
  private readonly logger = new Logger(CheckoutSweeps.name);

  constructor(
    private readonly db: Database,
    private readonly attempts: AttemptStore,
    private readonly settlement: SettlementService,
    private readonly sessions: SessionStore,
    private readonly inventory: InventoryStore,
  ) {}

  /** Ends attempts whose process died or whose outcome was unknown. One that fails does not keep the others waiting. */
  @OnJob('checkout.reconcile')
  async reconcile(): Promise<void> {
    const due = await this.attempts.due(batch);
    const worker = async (): Promise<void> => {
      for (let id = due.shift(); id !== undefined; id = due.shift()) {
        try {
          await this.settlement.advance(id, 'reconciler');
        } catch (error) {
          this.logger.error({ event: 'payment.reconcile_failed', paymentId: id, error });
        }
      }
    };
    await Promise.all(Array.from({ length: parallel }, worker));
    for (const paymentId of await this.attempts.flagUndecided()) {
      this.logger.error({
        event: 'payment.undecided',
        paymentId,
        hint: 'compare it with the provider by hand',
      });
    }
  }

  /** Stores what readers already see as expired, and gives the stock back that such a session still held. */
  @OnJob('checkout.expire')
  async expire(): Promise<void> {
    const due = await this.sessions.expiring(batch);
    for (const id of due) await this.expireOne(id);
    if (due.length > 0) this.logger.log({ event: 'checkout.expired', count: due.length });
  }

  private async expireOne(id: string): Promise<void> {
    await this.db.transaction(async (tx) => {
      const { session, now } = await this.sessions.lock(tx, id);
      const waiting = session.state === 'open' || session.state === 'authentication_required';
      if (!waiting || session.expiresAt > now) return;
      const content = { ...session.content, authentication: null };
      await together([
        this.sessions.save(tx, nextVersion(session, now, { state: 'expired', content })),
        holdsStock(session.state) ? this.inventory.release(tx, id) : Promise.resolve(),
      ]);
    });
  }
}
