import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Config } from '../../../config/config.js';
import { type AttemptLogEntry, DeliveryLog } from './delivery-log.js';

let dataDir: string;
const said: [string, Record<string, unknown>][] = [];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'storekeeper-log-'));
  said.length = 0;
  for (const level of ['log', 'warn', 'error'] as const)
    vi.spyOn(Logger.prototype, level).mockImplementation((line: unknown) => {
      said.push([level, line as Record<string, unknown>]);
    });
});
afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await rm(dataDir, { recursive: true, force: true });
});

const entry: AttemptLogEntry = {
  deliveryId: 'whd_1',
  eventId: 'evt_1',
  orderId: 'ord_1',
  endpointId: 'wep_1',
  host: 'agent.example',
  attempt: 2,
  outcome: 'failed',
  status: 401,
  error: 'http_401',
  latencyMs: 12,
  nextAt: new Date('2026-11-22T12:00:00Z'),
};

/** A disk gets two seconds to take it all; this one takes it, however long a busy machine needs. */
async function written(log: DeliveryLog): Promise<void> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  await log.onApplicationShutdown();
  vi.useRealTimers();
}

const linesOf = async (path: string): Promise<Record<string, unknown>[]> =>
  (await readFile(path, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('the log of webhooks', () => {
  it('says the same in its file and in the structured log, and of a failure what to check', async () => {
    const log = new DeliveryLog({ dataDir } as Config);
    log.attempt(entry);
    log.attempt({ ...entry, outcome: 'dead', status: null, error: 'timeout', nextAt: null });
    log.attempt({ ...entry, outcome: 'delivered', status: 200, error: null, nextAt: null });
    log.notice({
      event: 'webhook.superseded',
      endpointId: 'wep_1',
      deliveryId: 'whd_1',
      supersededBy: 'whd_2',
    });
    log.notice({
      event: 'webhook.endpoint_disabled',
      endpointId: 'wep_1',
      host: 'agent.example',
      reason: 'gone',
    });
    await written(log);

    const lines = await linesOf(join(dataDir, 'webhooks.log'));
    expect(lines).toMatchObject([
      {
        event: 'webhook.failed',
        delivery_id: 'whd_1',
        event_id: 'evt_1',
        order_id: 'ord_1',
        endpoint_id: 'wep_1',
        host: 'agent.example',
        attempt: 2,
        outcome: 'failed',
        status: 401,
        error: 'http_401',
        latency_ms: 12,
        next_at: '2026-11-22T12:00:00.000Z',
        check: expect.stringContaining('same secret') as string,
      },
      { event: 'webhook.dead', check: expect.stringContaining('in time') as string, next_at: null },
      { event: 'webhook.delivered', status: 200 },
      { event: 'webhook.superseded', superseded_by: 'whd_2' },
      { event: 'webhook.endpoint_disabled', reason: 'gone' },
    ]);
    expect(lines[2]).not.toHaveProperty('check');
    expect(said.map(([level]) => level)).toEqual(['warn', 'error', 'log', 'log', 'error']);
    for (const [index, { time, ...line }] of lines.entries()) {
      expect(Date.parse(String(time))).toBeGreaterThan(0);
      expect(JSON.parse(JSON.stringify(said[index]?.[1]))).toEqual(line);
    }
  });

  it('goes on without its file, and says so once', async () => {
    const notAFolder = join(dataDir, 'file');
    await writeFile(notAFolder, '');
    const log = new DeliveryLog({ dataDir: notAFolder } as Config);
    log.attempt(entry);
    await expect.poll(() => said.length).toBe(2);
    log.attempt(entry);
    await written(log);
    expect(said.map(([, line]) => line.event)).toEqual([
      'webhook.failed',
      'webhook.log_file_failed',
      'webhook.failed',
    ]);
  });
});
