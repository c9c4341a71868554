import { Injectable } from '@nestjs/common';
import { rows, type Tx } from '../database/database.js';
import { erasePayments, eraseSession, lockCheckout } from './erase-checkout.js';
import { eraseNews, eraseSandbox } from './erase-news.js';
import { eraseOrderRows } from './erase-order-rows.js';
import type { Subject } from './person.store.js';
import { type Erased, sumOf } from './personal-columns.js';

/**
 * Erases the person behind one session and its order, in the caller's transaction: session, payments, order, events,
 * deliveries, in the order in which everybody locks them. Replies that are kept for repeated requests are not among it:
 * they go by themselves, within a week.
 */
@Injectable()
export class EraseSubjectService {
  /**
   * Throws a 409 while money of it is on its way; doing it again does no harm. Returns the rows that were changed, by
   * table.
   */
  async erase(tx: Tx, { sessionId, orderId }: Subject): Promise<Erased> {
    const checkout = await lockCheckout(tx, sessionId);
    // It may have come about since it was looked for: an order is made under the lock of its session.
    const [order] = await rows<{ id: string }>(
      tx,
      'SELECT id FROM shop_order WHERE session_id = $1 OR id = $2 FOR UPDATE',
      [sessionId, orderId],
    );
    return sumOf(
      await eraseSession(tx, checkout),
      await erasePayments(tx, checkout),
      ...(order ? await this.eraseOrderOf(tx, order.id, sessionId) : []),
    );
  }

  private async eraseOrderOf(tx: Tx, orderId: string, sessionId: string): Promise<Partial<Erased>[]> {
    return [
      await eraseOrderRows(tx, orderId),
      await eraseNews(tx, orderId),
      await eraseSandbox(tx, orderId, sessionId),
    ];
  }
}
