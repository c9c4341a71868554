import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { InventoryStore } from '../catalog/inventory.store.js';
import { Config } from '../config/config.js';
import { Database, together } from '../database/database.js';
import { AttemptStore } from '../payments/attempt.store.js';
import { PreparedPaymentsService } from '../payments/prepared-payments.service.js';
import { OnJob } from '../queue/on-job.decorator.js';
import { PaymentFactsService } from './payment-facts.service.js';
import { nextVersion, SessionStore } from './session.store.js';
import { SettlementService } from './settlement.service.js';

const batch = 100;
const openBatch = 1_000;
const parallel = 4;

/** What has to happen although no request comes: every attempt ends, every session's time runs out. */
@Injectable()
export class CheckoutSweeps implements OnModuleDestroy {
  private readonly logger = new Logger(CheckoutSweeps.name);
  private stopping = false;

  constructor(
    private readonly db: Database,
    private readonly attempts: AttemptStore,
    private readonly settlement: SettlementService,
    private readonly facts: PaymentFactsService,
    private readonly sessions: SessionStore,
    private readonly inventory: InventoryStore,
    private readonly prepared: PreparedPaymentsService,
    private readonly config: Config,
  ) {}

  onModuleDestroy(): void {
    this.stopping = true;
  }

  /** Ends attempts whose process died or whose outcome was unknown. One that fails does not keep the others waiting. */
  @OnJob('checkout.reconcile')
  async reconcile(): Promise<void> {
    await this.drain(
      (seen) => this.attempts.due(batch, seen),
      (id) => this.settlement.advance(id, 'reconciler'),
      { failure: 'payment.reconcile_failed', untilMs: this.config.timings.reconcileEveryMs },
    );
    for (const { id, provider, reference } of await this.attempts.stuckReleases(batch)) {
      try {
        // Perhaps it was captured at the provider: then the money goes back.
        await this.facts.sync(provider, { part: 'payment', payment: reference }, 'reconciler');
      } catch (error) {
        this.logger.error({ event: 'payment.reconcile_failed', id, error });
      }
    }
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
      (seen) => this.sessions.expiringHolds(batch, seen),
      (id) => this.expireOne(id),
      { failure: 'checkout.expire_failed', untilMs: this.config.timings.expireEveryMs },
    );
    const open = await this.expireOpen();
    if (holding + open > 0) this.logger.log({ event: 'checkout.expired', holding, open });
  }

  /**
   * Works off what is due, batch after batch, each thing once; what is left when the next wake-up is near waits for
   * it. Returns how many there were.
   */
  private async drain(
    findDue: (seen: string[]) => Promise<string[]>,
    work: (id: string) => Promise<unknown>,
    { failure, untilMs }: { failure: string; untilMs: number },
  ): Promise<number> {
    const until = performance.now() + untilMs;
    const inTime = (): boolean => !this.stopping && performance.now() < until;
    const seen: string[] = [];
    while (inTime()) {
      const queue = await findDue(seen);
      if (queue.length === 0) break;
      const worker = async (): Promise<void> => {
        for (let id = queue.shift(); id !== undefined && inTime(); id = queue.shift()) {
          seen.push(id);
          try {
            await work(id);
          } catch (error) {
            this.logger.error({ event: failure, id, error });
          }
        }
      };
      await Promise.all(Array.from({ length: parallel }, worker));
    }
    return seen.length;
  }

  private async expireOne(id: string): Promise<void> {
    await this.db.transaction(async (tx) => {
      const { session, now } = await this.sessions.lock(tx, id);
      if (session.state !== 'authentication_required' || session.expiresAt > now) return;
      const content = { ...session.content, authentication: null };
      await together([
        this.sessions.save(tx, nextVersion(session, now, { state: 'expired', content })),
        this.prepared.release(tx, [id], []),
        this.inventory.release(tx, id),
      ]);
    });
  }

  /** Nobody may pay their links any more; nothing else follows from it. */
  private async expireOpen(): Promise<number> {
    for (let total = 0; ;) {
      const expired = await this.db.transaction(async (tx) => {
        const ids = await this.sessions.expireOpen(tx, openBatch);
        await this.prepared.release(tx, ids, []);
        return ids.length;
      });
      total += expired;
      if (expired < openBatch || this.stopping) return total;
    }
  }
}
