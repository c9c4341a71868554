import { createHmac, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { load, percentiles } from '../load.mjs';
import { createDatabase, freePort, root, start } from '../programs.mjs';

const secret = 'whsec_bench';

/** Signed Stripe events at a fixed rate: against the shop, and against a bare server with the same insert. */
export async function run({ rate, seconds }) {
  const { startEmbeddedPostgres } = await import('../../dist/src/database/embedded-postgres.js');
  const dataDir = mkdtempSync(join(tmpdir(), 'storekeeper-bench-'));
  const postgres = await startEmbeddedPostgres({ dataDir: join(dataDir, 'postgres') });
  try {
    const floor = await measure(await startFloor(postgres.url), { rate, seconds });
    const shop = await measure(await startShop(postgres.url, dataDir), { rate, seconds });
    report({ rate, seconds, floor, shop });
  } finally {
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function startFloor(serverUrl) {
  const { migrate } = await import('../../dist/src/database/migrate.js');
  const databaseUrl = await createDatabase(serverUrl, 'floor');
  await migrate(databaseUrl);
  const url = `http://127.0.0.1:${await freePort()}`;
  const env = { PORT: new URL(url).port, DATABASE_URL: databaseUrl };
  return { url, databaseUrl, program: await start(['bench/floor.mjs'], env, url) };
}

/** The provider is a process of its own, as in life. */
async function startShop(serverUrl, dataDir) {
  const databaseUrl = await createDatabase(serverUrl, 'shop');
  const simulatorUrl = `http://127.0.0.1:${await freePort()}`;
  const url = `http://127.0.0.1:${await freePort()}`;
  const env = {
    PORT: new URL(url).port,
    SANDBOX_PSP_PORT: new URL(simulatorUrl).port,
    DATA_DIR: join(dataDir, 'shop'),
    DATABASE_URL: databaseUrl,
    STRIPE_API_BASE: simulatorUrl,
    STRIPE_WEBHOOK_SECRET: secret,
    LOG_FORMAT: 'json',
  };
  const simulator = await start(['dist/src/cli/sandbox-psp.js'], env, `${simulatorUrl}/_sim`);
  const shop = await start(['dist/src/main.js'], env, `${url}/health/ready`);
  const stop = async () => {
    await shop.stop();
    await simulator.stop();
  };
  return { url, databaseUrl, program: { stop }, actsOnThem: true };
}

/** Warms up for two seconds, which do not count. */
async function measure({ url, databaseUrl, program, actsOnThem = false }, { rate, seconds }) {
  const db = new pg.Client({ connectionString: databaseUrl });
  await db.connect();
  try {
    const target = `${url}/webhooks/stripe`;
    await load({ url: target, rate, seconds: 2, make });
    const answers = await load({ url: target, rate, seconds, make });
    const accepted = answers.filter(({ status }) => status === 200).map(({ id }) => id);
    const { rows } = await db.query(
      'SELECT count(*)::int AS stored FROM webhook_event WHERE event_id = ANY($1)',
      [accepted],
    );
    return {
      sent: answers.length,
      accepted: accepted.length,
      lost: accepted.length - rows[0].stored,
      ...percentiles(answers),
      ...(actsOnThem && { drainedAfterMs: await drain(db) }),
    };
  } finally {
    await db.end();
    await program.stop();
  }
}

/** How long after the last answer every event had been looked at; null if that takes longer than a minute. */
async function drain(db) {
  const startedAt = performance.now();
  while (performance.now() - startedAt < 60_000) {
    const { rows } = await db.query(
      `SELECT count(*)::int AS open FROM webhook_event WHERE state IN ('received', 'waiting') AND attempts = 0`,
    );
    if (rows[0].open === 0) return Math.round(performance.now() - startedAt);
    await delay(100);
  }
  return null;
}

function make() {
  const id = `evt_${randomUUID()}`;
  const created = Math.floor(Date.now() / 1000);
  const object = { id: `pi_${randomUUID().replaceAll('-', '')}`, object: 'payment_intent', amount: 1200 };
  // About as long as a real one.
  const description = 'x'.repeat(2_000);
  const body = JSON.stringify(
    {
      id,
      object: 'event',
      created,
      type: 'payment_intent.succeeded',
      data: { object: { ...object, description } },
    },
    null,
    2,
  );
  const signature = createHmac('sha256', secret).update(`${created}.${body}`).digest('hex');
  const headers = { 'Content-Type': 'application/json', 'Stripe-Signature': `t=${created},v1=${signature}` };
  return { id, headers, body };
}

function report({ rate, seconds, floor, shop }) {
  const ratio = (name) => `${(shop[name] / floor[name]).toFixed(1)}x`;
  console.log(`Provider webhooks: ${rate} per second for ${seconds} s, in milliseconds`);
  console.table({ floor, shop, ratio: { p50: ratio('p50'), p95: ratio('p95'), p99: ratio('p99') } });
  mkdirSync(join(root, 'bench', 'results'), { recursive: true });
  const result = { at: new Date().toISOString(), node: process.version, rate, seconds, floor, shop };
  writeFileSync(join(root, 'bench', 'results', 'webhooks.json'), `${JSON.stringify(result, null, 2)}\n`);
  if (shop.lost !== 0) {
    console.error(`${shop.lost} webhooks were answered with 200 and are not stored.`);
    process.exit(1);
  }
}
