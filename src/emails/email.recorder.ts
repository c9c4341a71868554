import { Injectable } from '@nestjs/common';
import { pause } from '../common/pause.js';
import { Database } from '../database/database.js';
import { OrderChangesService } from '../orders/order-changes.service.js';
import { OrdersService } from '../orders/orders.service.js';
import { type ClaimedEmail, EmailStore } from './email.store.js';

const tries = 4;
const pauseMs = 250;

/** Writes down that the mail server has taken an e-mail; of a confirmation the order says so too. */
@Injectable()
export class EmailRecorder {
  constructor(
    private readonly db: Database,
    private readonly emails: EmailStore,
    private readonly changes: OrderChangesService,
    private readonly orders: OrdersService,
  ) {}

  /** Tried for a while, because an e-mail that is not known to be sent is sent again. */
  async sent(email: ClaimedEmail): Promise<void> {
    for (let run = 1; ; run += 1) {
      try {
        return await this.write(email);
      } catch (error) {
        if (run === tries) throw error;
        await pause(pauseMs * 2 ** run);
      }
    }
  }

  private async write(email: ClaimedEmail): Promise<void> {
    const render = await this.orders.renderer();
    await this.db.transaction(async (tx) => {
      if (email.kind === 'order_confirmation') {
        const order = await this.changes.lock(tx, email.orderId);
        if (order) await this.changes.apply(tx, order, { confirmationEmailed: true }, render);
      }
      await this.emails.sent(tx, email);
    });
  }
}
