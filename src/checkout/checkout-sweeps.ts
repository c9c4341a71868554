import { Injectable, Logger } from '@nestjs/common';
import { InventoryStore } from '../catalog/inventory.store.js';
import { Database, together } from '../database/database.js';
import { AttemptStore } from '../payments/attempt.store.js';
import { OnJob } from '../queue/on-job.decorator.js';
import { nextVersion, SessionStore } from './session.store.js';
import { SettlementService } from './settlement.service.js';

const batch = 100;
const openBatch = 1_000;
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
    await this.drain(
      () => this.attempts.due(batch),
      (id) => this.settlement.advance(id, 'reconciler'),
      'payment.reconcile_failed',
    );
    for (const paymentId of await this.attempts.flagUndecided()) {
      this.logger.error({
        event: 'payment.undecided',
        paymentId,
        hint: 'compare it with the provider by hand',
      });
    }
  }

  /**
   * Stores what readers already see as expired. Sessions that hold stock go first, one by one, because the stock
   * goes back with them; the many abandoned carts follow in batches.
   */
  @OnJob('checkout.expire')
  async expire(): Promise<void> {
    const holding = await this.drain(
      () => this.sessions.expiringHolds(batch),
      (id) => this.expireOne(id),
      'checkout.expire_failed',
    );
    const open = await this.sessions.expireOpen(openBatch);
    if (holding + open > 0) this.logger.log({ event: 'checkout.expired', holding, open });
  }

  /** Works off what is due, batch after batch, each thing once; returns how many there were. */
  private async drain(
    findDue: () => Promise<string[]>,
    work: (id: string) => Promise<unknown>,
    failure: string,
  ): Promise<number> {
    const seen = new Set<string>();
    for (;;) {
      const due = await findDue();
      const queue = due.filter((id) => !seen.has(id));
      if (queue.length === 0) return seen.size;
      queue.forEach((id) => seen.add(id));
      const worker = async (): Promise<void> => {
        for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
          try {
            await work(id);
          } catch (error) {
            this.logger.error({ event: failure, id, error });
          }
        }
      };
      await Promise.all(Array.from({ length: parallel }, worker));
      if (due.length < batch) return seen.size;
    }
  }

  private async expireOne(id: string): Promise<void> {
    await this.db.transaction(async (tx) => {
      const { session, now } = await this.sessions.lock(tx, id);
      if (session.state !== 'authentication_required' || session.expiresAt > now) return;
      const content = { ...session.content, authentication: null };
      await together([
        this.sessions.save(tx, nextVersion(session, now, { state: 'expired', content })),
        this.inventory.release(tx, id),
      ]);
    });
  }
}
