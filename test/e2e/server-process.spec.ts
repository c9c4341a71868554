import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { caAddress } from '../support/agent.js';
import { createKillableShop, type KillableShop, type Program } from '../support/process.js';

const people = { email: 'canary.buyer@example.com', first_name: 'Canarina', phone_number: '+14155550199' };
const canaries = [
  ...Object.values(people),
  '1 Canary Lane',
  'tok_visa',
  'tok_chargeDeclined',
  'spt_canary_token',
  'agent_sandbox_key',
  'admin_sandbox_key',
  'stk_wrong_key_canary',
  'sk_test_sandbox',
];

describe('a server process', () => {
  let shop: KillableShop;
  let server: Program;
  beforeAll(async () => {
    shop = await createKillableShop({});
    server = await shop.start({ env: { LOG_LEVEL: 'trace' } });
  });
  afterAll(() => shop.close());

  it('logs what it does, and never a key, a token, an address or a person', async () => {
    const { agent } = shop;
    const details = {
      name: 'Canarina',
      email: people.email,
      address: { ...caAddress, line_one: '1 Canary Lane' },
    };
    const { body } = await agent.create({ buyer: people, fulfillment_details: details });
    await agent.complete(body.id as string, 'tok_chargeDeclined');
    await agent.complete(body.id as string, 'spt_canary_token');
    await shop.simulator.inject({ match: { provider: 'stripe', times: 3 }, action: 'execute_then_500' });
    await agent.complete(body.id as string, 'tok_visa', { key: 'canary' });
    await shop.simulator.clearFaults();
    await agent.send('POST', '/checkout_sessions', '{"buyer": {"email": "canary.buyer@example.com"', {
      key: 'bad',
    });
    await agent.send('GET', '/admin/orders', undefined, {
      key: null,
      headers: { Authorization: 'Bearer stk_wrong_key_canary' },
    });
    // A statement that fails, with the buyer in its parameters.
    await shop.db.query('ALTER TABLE checkout_session RENAME TO gone');
    expect((await agent.create({ buyer: people })).status).toBe(500);
    await shop.db.query('ALTER TABLE gone RENAME TO checkout_session');

    // What follows the last line break is half a line that is still coming; so may whole lines be.
    const complete = (): string[] =>
      server
        .output()
        .split('\n')
        .slice(0, -1)
        .filter((line) => line.startsWith('{'));
    await expect
      .poll(() => complete().map((line) => (JSON.parse(line) as { event?: string }).event))
      .toEqual(expect.arrayContaining(['http.request', 'payment.advanced', 'request.failed']));
    const lines = complete();
    expect(lines.length).toBeGreaterThan(10);
    // The welcome shows the well-known sandbox key once, in a line to paste; it is no log.
    const logged = lines.join('\n');
    expect(canaries.filter((canary) => logged.includes(canary))).toEqual([]);
  });

  it('carries the request id through the response and the log', async () => {
    const answer = await shop.agent.send('GET', '/checkout_sessions/cs_x', undefined, {
      key: null,
      headers: { 'Request-Id': 'trace-me-7' },
    });
    expect(answer.headers.get('request-id')).toBe('trace-me-7');
    await expect
      .poll(() =>
        server
          .output()
          .split('\n')
          .some((line) => line.includes('"requestId":"trace-me-7"') && line.includes('http.request')),
      )
      .toBe(true);
  });

  it('stays below 250 MB after 1,000 purchases', { timeout: 600_000 }, async () => {
    const buyers = Array.from({ length: 8 }, async () => {
      for (let n = 0; n < 125; n++) {
        const { body } = await shop.agent.create();
        const { body: completed } = await shop.agent.complete(body.id as string);
        if (completed.status !== 'completed') throw new Error(JSON.stringify(completed));
      }
    });
    await Promise.all(buyers);
    const status = readFileSync(`/proc/${server.child.pid}/status`, 'utf8');
    const residentMb = Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
    console.log(`resident after 1,000 purchases: ${Math.round(residentMb)} MB`);
    expect(residentMb).toBeLessThan(250);
  });

  it('ends cleanly on SIGTERM', async () => {
    server.child.kill('SIGTERM');
    expect(await server.exited).toBe(0);
  });
});
