import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { createDatabase, freePort, root, start } from '../programs.mjs';

const changes = 1_000;
const endpoints = 5;
const posts = changes * endpoints;
/** What the shop has under way at once for five endpoints. */
const atOnce = 16 * endpoints;
const rounds = 5;

/** So many changes of orders to five endpoints, drained by one shop; beside it a bare loop that posts as often. */
export async function run() {
  const { startEmbeddedPostgres } = await import('../../dist/src/database/embedded-postgres.js');
  const dataDir = mkdtempSync(join(tmpdir(), 'storekeeper-bench-'));
  const postgres = await startEmbeddedPostgres({ dataDir: join(dataDir, 'postgres') });
  const receiverUrl = `http://127.0.0.1:${await freePort()}`;
  const receiver = await start(['bench/receiver.mjs'], { PORT: new URL(receiverUrl).port }, receiverUrl);
  try {
    const shop = await startShop(postgres.url, dataDir);
    try {
      report(await measure(shop, receiverUrl));
    } finally {
      await shop.program.stop();
    }
  } finally {
    await receiver.stop();
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function startShop(serverUrl, dataDir) {
  const databaseUrl = await createDatabase(serverUrl, 'shop');
  const url = `http://127.0.0.1:${await freePort()}`;
  const env = {
    PORT: new URL(url).port,
    SANDBOX_PSP_PORT: String(await freePort()),
    DATA_DIR: join(dataDir, 'shop'),
    DATABASE_URL: databaseUrl,
    LOG_FORMAT: 'json',
    // The changes are made in the database, which wakes nobody: sweeps that come at once stand in for the wake-ups.
    SANDBOX_TIMINGS: JSON.stringify({ relayEveryMs: 50, deliverEveryMs: 50 }),
  };
  return { url, databaseUrl, program: await start(['dist/src/main.js'], env, `${url}/health/ready`) };
}

/** Rounds of the floor and of the shop by turns, so that a noisy machine is noisy to both; the first ones warm up. */
async function measure({ url, databaseUrl, program }, receiverUrl) {
  const db = new pg.Client({ connectionString: databaseUrl });
  await db.connect();
  try {
    await db.query('UPDATE webhook_endpoint SET enabled = false');
    const agentId = await addEndpoints(url, receiverUrl);
    const results = [];
    for (let round = 0; round <= rounds; round++) {
      const floor = await postLoop(receiverUrl, atOnce);
      const oneByOne = await postLoop(receiverUrl, endpoints);
      const shop = await drain(db, agentId);
      results.push({ floor, oneByOne, shop, residentMb: residentMb(program.pid) });
    }
    return results.slice(1);
  } finally {
    await db.end();
  }
}

async function addEndpoints(url, receiverUrl) {
  for (let n = 0; n < endpoints; n++) {
    const response = await fetch(`${url}/admin/webhook-endpoints`, {
      method: 'POST',
      headers: { Authorization: 'Bearer admin_sandbox_key', 'Content-Type': 'application/json' },
      body: JSON.stringify({ url: `${receiverUrl}/${n}`, agent_id: null }),
    });
    if (response.status !== 201) throw new Error(await response.text());
  }
  return 'agt_bench';
}

/** Milliseconds from the commit of the changes to the last delivery. */
async function drain(db, agentId) {
  const snapshot = JSON.stringify({
    type: 'order',
    checkout_session_id: 'cs_bench',
    notes: 'x'.repeat(1_900),
  });
  const run = randomUUID().slice(0, 8);
  await db.query(
    `INSERT INTO outbox_event (id, order_id, agent_id, seq, type, snapshot, occurred_at)
     SELECT format('evt_%s_%s', $1::text, lpad(n::text, 6, '0')), format('ord_%s_%s', $1::text, n), $2, 1, 'order_create', $3, now()
     FROM generate_series(1, $4::int) AS n`,
    [run, agentId, snapshot, changes],
  );
  const startedAt = performance.now();
  for (;;) {
    const { rows } = await db.query(
      `SELECT count(*)::int AS delivered FROM webhook_delivery WHERE state = 'delivered' AND order_id LIKE $1`,
      [`ord_${run}_%`],
    );
    if (rows[0].delivered === posts) return Math.round(performance.now() - startedAt);
    if (performance.now() - startedAt > 120_000)
      throw new Error(`${rows[0].delivered} of ${posts} delivered`);
    await delay(50);
  }
}

async function postLoop(url, workers) {
  const { stdout } = await promisify(execFile)(process.execPath, [
    join(root, 'bench', 'post-loop.mjs'),
    url,
    String(posts),
    String(workers),
  ]);
  return Number(stdout);
}

const residentMb = (pid) =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024);

function report(results) {
  const perSecond = (ms) => Math.round(posts / (ms / 1000));
  const rows = results.map(({ floor, oneByOne, shop, residentMb: mb }) => ({
    [`bare loop, ${atOnce} at once`]: perSecond(floor),
    [`bare loop, ${endpoints} at once`]: perSecond(oneByOne),
    shop: perSecond(shop),
    ratio: (floor / shop).toFixed(2),
    'ratio to the slower loop': (oneByOne / shop).toFixed(2),
    'resident MB': mb,
  }));
  console.log(`Webhooks: ${changes} changes of orders to ${endpoints} endpoints, posts per second`);
  console.table(rows);
  mkdirSync(join(root, 'bench', 'results'), { recursive: true });
  const result = { at: new Date().toISOString(), node: process.version, changes, endpoints, results };
  writeFileSync(join(root, 'bench', 'results', 'deliveries.json'), `${JSON.stringify(result, null, 2)}\n`);
}
