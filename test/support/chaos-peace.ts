import { expect } from 'vitest';
import { PaymentComparisonService } from '../../src/checkout/payment-comparison.service.js';
import { hasty } from './pace.js';
import type { Psp } from './purchases.js';
import type { Shop } from './shop.js';
import { adminCall } from './razorpay.js';
import { until } from './wait.js';

interface Waiting {
  what: string;
  id: string;
  state: string;
}

/** A fault that holds a request back or hangs does so for so long at most. */
export const longestFaultMs = 350;

/**
 * Waits until everything that was begun has ended, and checks that ledger, payments, orders, stock and events
 * agree. Returns how many of the sessions were sold.
 */
export async function assertPeace(shop: Shop, psp: Psp, sessionIds: string[]): Promise<number> {
  const { db, simulator } = shop;
  await until(
    async () => {
      await endWhatIsPending(shop, psp);
      await replayWhatWaits(shop);
      const waiting = await whatWaits(shop);
      if (waiting.length > 0) return waiting;
      // A lost webhook is the comparison's business, and what was found while a charge was under way is the next one's.
      return (await compare(shop, psp))
        ? whatWaits(shop)
        : [{ what: 'comparison', id: psp, state: 'failed' }];
    },
    (waiting) => waiting.length === 0,
    120_000,
  );
  await agreeOnMoney(shop);
  const orders = await db.query<{ session_id: string; state: string; seqs: number[]; types: string[] }>(
    `SELECT o.session_id, s.state, array_agg(e.seq ORDER BY e.seq) AS seqs, array_agg(e.type ORDER BY e.seq) AS types
     FROM shop_order o JOIN checkout_session s ON s.id = o.session_id JOIN outbox_event e ON e.order_id = o.id
     GROUP BY 1, 2`,
  );
  for (const { state, seqs, types } of orders) {
    expect(state).toBe('completed');
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
    expect(types.filter((type) => type === 'order_create')).toEqual([types[0]]);
  }
  expect(await db.query(`SELECT id FROM checkout_session WHERE state = 'completed'`)).toHaveLength(
    orders.length,
  );
  await agreeOnStock(shop);
  expect((await simulator.ledger()).every(({ amount }) => amount > 0)).toBe(true);
  return orders.filter(({ session_id }) => sessionIds.includes(session_id)).length;
}

/** Whether it went through to the end: what keeps it from that is only logged. */
async function compare({ server, db }: Shop, psp: Psp): Promise<boolean> {
  const [clock] = await db.query<{ now: Date }>('SELECT now()');
  await server.app
    .get(PaymentComparisonService)
    .compareAll()
    .catch(() => undefined);
  const compared = 'SELECT 1 FROM provider_mark WHERE provider = $1 AND listed_until >= $2';
  return (await db.query(compared, [psp, clock?.now])).length > 0;
}

/** Whatever the provider still calls pending comes to an end there, as it does in life. */
async function endWhatIsPending({ db, simulator }: Shop, psp: Psp): Promise<void> {
  const pending = await db.query<{ reference: string; n: number }>(
    `SELECT reference, n FROM payment_attempt WHERE state IN ('pending', 'requires_action') AND reference IS NOT NULL`,
  );
  for (const { reference, n } of pending) {
    const good = n % 2 === 1;
    const path =
      psp === 'stripe'
        ? `/_sim/payment_intents/${reference}/${good ? 'succeed' : 'fail'}`
        : `/_sim/razorpay/payments/${reference}/${good ? 'authorize' : 'fail'}`;
    await simulator.post(path, {}).catch(() => undefined);
  }
}

/** What failed a few times is tried again in minutes; the merchant need not wait for that, and time can pass. */
async function replayWhatWaits(shop: Shop): Promise<void> {
  const waiting = await shop.db.query<{ id: string }>(
    `SELECT id FROM webhook_event WHERE state IN ('received', 'waiting') AND next_at > now() + interval '1 s'`,
  );
  for (const { id } of waiting) await adminCall(shop, `/admin/webhook-events/${id}/replay`, { body: {} });
  await shop.db.query(
    `UPDATE payment_operation SET next_at = now()
     WHERE state IN ('called', 'unknown', 'pending') AND next_at > now() + interval '1 s'`,
  );
}

/**
 * A charge that the provider cannot repeat safely and whose request was lost stays undecided, for a person: it is
 * no unrest as long as the provider holds no money of it. One that is still to be sent is none of these, nor one whose
 * request may only be late: then it is sold after all.
 */
async function whatWaits(shop: Shop): Promise<Waiting[]> {
  const waiting = await shop.db.query<Waiting & { session_id: string; undecided: boolean; left: boolean }>(
    `SELECT 'attempt' AS what, id, state, subject_id AS session_id,
            state = 'unknown' AND called_at IS NOT NULL AND request->>'credentialKind' = 'razorpay_token' AS undecided,
            lease_token IS NULL AS left
     FROM payment_attempt WHERE state IN ('started', 'called', 'unknown', 'pending', 'requires_action', 'canceling')
     UNION ALL SELECT 'operation', id, concat_ws(' ', state, failure), payment_id, false, true
     FROM payment_operation WHERE state IN ('started', 'called', 'unknown', 'pending')
     UNION ALL SELECT 'event', id, concat_ws(' ', state, last_error), '', false, true
     FROM webhook_event WHERE state = 'received'
     UNION ALL SELECT 'session', id, state, id, true, true FROM checkout_session WHERE state = 'completing'`,
  );
  const lost = waiting.map(({ what, id, ...it }) => what === 'session' || (it.undecided && isLost(id, it)));
  const net = await netBySession(shop);
  return waiting.filter(({ session_id }, index) => !lost[index] || (net.get(session_id) ?? 0) !== 0);
}

/** Undecided attempts, and whether what was under way when they were left has been carried out. */
const undecided = new Map<string, boolean>();

/**
 * Once it was sent and left it is never sent again. Shop and simulator run in this process: what they were waiting for
 * when a timer is set is over when it ends.
 */
function isLost(attemptId: string, { left }: { left: boolean }): boolean {
  if (left && !undecided.has(attemptId)) {
    undecided.set(attemptId, false);
    setTimeout(() => undecided.set(attemptId, true), hasty.providerTimeoutMs + longestFaultMs);
  }
  return undecided.get(attemptId) ?? false;
}

/** What the provider holds of the buyer's money, by session. */
async function netBySession({ simulator }: Shop): Promise<Map<string, number>> {
  const net = new Map<string, number>();
  for (const { session_id, type, amount } of await simulator.ledger()) {
    net.set(session_id, (net.get(session_id) ?? 0) + (type === 'capture' ? amount : -amount));
  }
  return net;
}

/** For every session: what the provider holds of the buyer's money is what its order says, or nothing. */
async function agreeOnMoney(shop: Shop): Promise<void> {
  const { db } = shop;
  const net = await netBySession(shop);
  const kept = await db.query<{ session_id: string; kept: number; state: string; captured: number }>(
    `SELECT o.session_id, o.total - coalesce((SELECT sum(amount) FROM payment_operation r
              WHERE r.payment_id = o.payment_id AND r.kind = 'refund' AND r.state = 'succeeded'), 0)::int8 AS kept,
            a.state
     FROM shop_order o JOIN payment_attempt a ON a.id = o.payment_id`,
  );
  const expected = new Map(kept.map((row) => [row.session_id, row.kept]));
  for (const { session_id, state } of kept) expect(['captured', 'surplus'], session_id).toContain(state);
  for (const sessionId of new Set([...net.keys(), ...expected.keys()])) {
    expect(net.get(sessionId) ?? 0, `money of ${sessionId}`).toBe(expected.get(sessionId) ?? 0);
  }
  const adjustments = await db.query(
    `SELECT a.id FROM order_adjustment a JOIN payment_operation r ON r.id = a.source_id
     WHERE (a.status = 'completed') <> (r.state = 'succeeded')`,
  );
  expect(adjustments).toEqual([]);
}

async function agreeOnStock({ db }: Shop): Promise<void> {
  const wrong = await db.query(
    `SELECT i.item_id, i.reserved, coalesce(sum(h.quantity), 0)::int8 AS held FROM inventory i
     LEFT JOIN inventory_hold h USING (item_id) GROUP BY 1, 2 HAVING i.reserved <> coalesce(sum(h.quantity), 0)`,
  );
  expect(wrong).toEqual([]);
  const leaked = await db.query(
    `SELECT h.* FROM inventory_hold h JOIN checkout_session s ON s.id = h.holder_id
     WHERE s.state NOT IN ('completing', 'authentication_required')`,
  );
  expect(leaked).toEqual([]);
  const sold = await db.query<{ item_id: string; on_hand: number; sold: number; start: number }>(
    `SELECT i.item_id, i.on_hand, coalesce(sum(l.ordered), 0)::int8 AS sold FROM inventory i
     LEFT JOIN order_line l USING (item_id) WHERE i.item_id IN ('item_trail_shoe_9', 'item_trail_shoe_10') GROUP BY 1, 2`,
  );
  for (const { item_id, on_hand, sold: gone } of sold) {
    expect(on_hand + gone, item_id).toBe(item_id === 'item_trail_shoe_9' ? 25 : 3);
  }
}
