import { rows, type Tx } from '../database/database.js';
import { erasedJson } from './erased-json.js';
import type { Erased } from './personal-columns.js';

/** Who is on the way with a body from before keeps what it was answered to itself (`DeliveryRecorder`). */
const lostLease = 'erased';

/**
 * What the world was told of an order, and what it answered. First the endpoints: a recovery holds one while it makes
 * bodies. Then the events: a relay holds those. Then the deliveries, the newest first, as their recorder does.
 */
export async function eraseNews(tx: Tx, orderId: string): Promise<Partial<Erased>> {
  await tx.query('SELECT id FROM webhook_endpoint ORDER BY id FOR SHARE');
  const snapshots = await eraseTexts(tx, {
    find: 'SELECT id, snapshot AS text FROM outbox_event WHERE order_id = $1 ORDER BY id FOR UPDATE',
    of: orderId,
    write: 'UPDATE outbox_event SET snapshot = erased.text',
  });
  await tx.query('SELECT id FROM webhook_delivery WHERE order_id = $1 ORDER BY id DESC FOR NO KEY UPDATE', [
    orderId,
  ]);
  // Until its time is over the delivery stays with who has it: nothing of this order is sent beside it.
  await rows(
    tx,
    'UPDATE webhook_delivery SET lease_token = $2 WHERE order_id = $1 AND lease_token IS NOT NULL',
    [orderId, lostLease],
  );
  const bodies = await eraseTexts(tx, {
    find: `SELECT id, body AS text FROM webhook_body
           WHERE id IN (SELECT body_id FROM webhook_delivery WHERE order_id = $1) ORDER BY id FOR UPDATE`,
    of: orderId,
    write: 'UPDATE webhook_body SET body = erased.text',
  });
  const answers = await rows(
    tx,
    `UPDATE webhook_attempt SET response_excerpt = NULL
     WHERE delivery_id IN (SELECT id FROM webhook_delivery WHERE order_id = $1) AND response_excerpt IS NOT NULL
     RETURNING id`,
    [orderId],
  );
  return { outbox_event: snapshots, webhook_body: bodies, webhook_attempt: answers.length };
}

/** What the sandbox's agent has received. It is a table of a few thousand rows, and of the sandbox alone. */
export async function eraseSandbox(tx: Tx, orderId: string, sessionId: string): Promise<Partial<Erased>> {
  const received = await eraseTexts(tx, {
    find: `SELECT id, body AS text FROM sandbox_agent_webhook
           WHERE strpos(body, $1) > 0 OR strpos(body, $2) > 0 ORDER BY id FOR UPDATE`,
    of: orderId,
    or: sessionId,
    write: 'UPDATE sandbox_agent_webhook SET body = erased.text',
  });
  return { sandbox_agent_webhook: received };
}

/** Returns how many there was something to erase in. */
async function eraseTexts(
  tx: Tx,
  { find, of, or, write }: { find: string; of: string; or?: string; write: string },
): Promise<number> {
  const found = await rows<{ id: string; text: string }>(tx, find, or === undefined ? [of] : [of, or]);
  const erased = found
    .map(({ id, text }) => ({ id, text, left: erasedJson(text) }))
    .filter(({ text, left }) => left !== text);
  await tx.query(`${write} FROM unnest($1::text[], $2::text[]) AS erased (key, text) WHERE id = erased.key`, [
    erased.map(({ id }) => id),
    erased.map(({ left }) => left),
  ]);
  return erased.length;
}
