import { afterAll, beforeAll, it } from 'vitest';
import pg from 'pg';
import { type Shop, startShop } from '../support/shop.js';
import { addEndpoint } from '../support/webhooks.js';
import { DeliveryStore } from '../../src/webhooks/outbound/delivery.store.js';

let shop: Shop;
beforeAll(async () => { shop = await startShop({ ROLE: 'api', SANDBOX_ENDPOINT: '' }); });
afterAll(() => shop.close());
async function plan(e: string, title: string) {
  const c = new pg.Client({ connectionString: shop.db.url }); await c.connect();
  await c.query('BEGIN');
  const r = await c.query(`EXPLAIN (ANALYZE, BUFFERS) WITH due AS MATERIALIZED (
           SELECT id FROM webhook_delivery AS d
           WHERE endpoint_id = $1 AND state = 'pending' AND next_at <= now()
             AND (lease_until IS NULL OR lease_until < now())
             AND NOT ($6::boolean AND EXISTS (
               SELECT 1 FROM webhook_delivery WHERE endpoint_id = $1 AND state = 'pending' AND lease_until >= now()))
             AND CASE WHEN d.type = 'order_update' AND EXISTS (
               SELECT 1 FROM webhook_delivery AS newer
               WHERE newer.endpoint_id = d.endpoint_id AND newer.order_id = d.order_id AND newer.seq > d.seq
                 AND newer.state = 'pending')
             THEN false ELSE NOT EXISTS (
               SELECT 1 FROM webhook_delivery AS other
               WHERE other.endpoint_id = d.endpoint_id AND other.order_id = d.order_id AND other.id <> d.id
                 AND (other.state = 'pending' AND (other.lease_until >= now() OR other.type = 'order_create')
                   OR other.state = 'dead' AND other.seq < d.seq
                        AND other.ended_at > now() - $5 * interval '1 ms')) END
           ORDER BY next_at LIMIT $4 FOR UPDATE SKIP LOCKED)
         UPDATE webhook_delivery AS d
         SET lease_token = $2, lease_until = now() + $3 * interval '1 ms', attempts = d.attempts + 1
         FROM due, webhook_body AS b WHERE d.id = due.id AND b.id = d.body_id RETURNING d.id`, [e, 'tok', 30000, 100, 300000, false]);
  await c.query('ROLLBACK'); await c.end();
  console.log(title + '\n' + r.rows.map((x) => x['QUERY PLAN']).join('\n'));
}
const seed = (e: string, state: string, orders: number, per: number, prefix: string) => shop.db.query(
  `WITH b AS (INSERT INTO webhook_body SELECT $3||o||':'||s, repeat('x', 2000) FROM generate_series(1,$4::int) o, generate_series(1,$5::int) s)
   INSERT INTO webhook_delivery (id, endpoint_id, event_id, order_id, seq, type, profile, request_id, body_id, state, attempts, next_at, occurred_at, created_at, ended_at)
   SELECT 'whd_'||$3||o||'_'||s, $1, $3||o||':'||s, 'ord_'||$3||o, s, CASE WHEN s=1 AND $2 <> 'pending' THEN 'order_create' ELSE 'order_update' END, 'acp-2026-04-17', 'r', $3||o||':'||s, $2,
     0, CASE WHEN $2='pending' THEN now() - random() * interval '1 min' END, now(), now(), CASE WHEN $2<>'pending' THEN now() END
   FROM generate_series(1,$4::int) o, generate_series(1,$5::int) s`, [e, state, prefix, orders, per]);
async function claimTimes(e: string, title: string) {
  const store = shop.server.app.get(DeliveryStore, { strict: false });
  const times: string[] = [];
  for (let i = 0; i < 6; i++) { const t = performance.now(); const c = await store.claim(e, 100); times.push(`${(performance.now() - t).toFixed(0)}ms/${c?.deliveries.length}`);
    if (c?.deliveries.length) await shop.db.query(`UPDATE webhook_delivery SET state='delivered', lease_token=NULL, lease_until=NULL, ended_at=now(), next_at=NULL WHERE id = ANY($1)`, [c.deliveries.map((d) => d.id)]); }
  const t = performance.now(); await store.endpointsDue(); 
  console.log(title, times.join(' '), 'endpointsDue', (performance.now() - t).toFixed(0));
}
it('plan', async () => {
  const e = await addEndpoint(shop, { url: 'http://127.0.0.1:9/hook' });
  await seed(e, 'delivered', 20000, 5, 'd');
  await seed(e, 'pending', 10000, 1, 'p');
  await plan(e, 'no ANALYZE 10000 orders pending'); await claimTimes(e, 'no stats');
  await shop.db.query('ANALYZE');
  await plan(e, 'ANALYZED'); await claimTimes(e, 'analyzed');
  const f = await addEndpoint(shop, { url: 'http://127.0.0.1:9/hook' });
  await seed(f, 'delivered', 1, 500, 'q'); await seed(f, 'pending', 20, 500, 'r');
  await shop.db.query('ANALYZE');
  await plan(f, '20 orders x 500 pending'); await claimTimes(f, '20x500');
  const g = await addEndpoint(shop, { url: 'http://127.0.0.1:9/hook' });
  await seed(g, 'pending', 2, 5000, 's'); 
  await shop.db.query('ANALYZE');
  await plan(g, '2 orders x 5000 pending'); await claimTimes(g, '2x5000');
  // all blocked: the newest waits a day
  await shop.db.query(`UPDATE webhook_delivery SET next_at = now() + interval '1 day' WHERE endpoint_id=$1 AND seq = 5000`, [g]);
  await claimTimes(g, '2x5000 newest waits');
}, 200_000);
