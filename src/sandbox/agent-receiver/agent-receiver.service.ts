import type { IncomingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import { newId } from '../../common/id.js';
import { Database } from '../../database/database.js';
import { agentReceiverErrors } from './agent-receiver.errors.js';
import type { AgentWebhook } from './agent-webhook.entity.js';
import { isSignedByMerchant } from './merchant-signature.js';

/** Everybody knows it, as every secret of the sandbox. */
export const agentSecret = 'whsec_agent_sandbox';

/** The bootstrap agent of the sandbox. */
export const sandboxAgent = 'sandbox-agent';

export type ReceivedWebhook = Pick<AgentWebhook, 'receivedAt' | 'headers' | 'body' | 'verified'>;

const kept = 10_000;
/** Every so many the oldest are thrown away. */
const tidyEvery = 100;
/** Of one answer, so that strangers who post much cannot make it too large to hold. */
const shownBytes = 32 * 1024 * 1024;
const credentials = ['authorization', 'proxy-authorization', 'cookie'];

/** The agent's side of webhooks: keeps what comes and shows it to the agent. */
@Injectable()
export class AgentReceiverService {
  private untilTidy = 0;

  constructor(private readonly db: Database) {}

  /** Keeps it, right or wrong, and refuses what was not signed with the secret. */
  async receive(headers: IncomingHttpHeaders, body: Buffer): Promise<void> {
    const signature = headers['merchant-signature'];
    const verified = isSignedByMerchant(String(signature ?? ''), body, {
      secret: agentSecret,
      now: new Date(),
    });
    await this.db.query(
      `INSERT INTO sandbox_agent_webhook (id, received_at, headers, body, verified)
       VALUES ($1, clock_timestamp(), $2, $3, $4)`,
      [newId('rcv'), JSON.stringify(shown(headers)), body.toString('utf8').replaceAll('\0', ''), verified],
    );
    await this.tidy();
    if (!verified) throw agentReceiverErrors.signature();
  }

  /** The newest ones, the oldest of them first. Nobody but the sandbox's own agent has any. */
  async list(
    agentId: string,
    { limit, orderId }: { limit: number; orderId?: string },
  ): Promise<ReceivedWebhook[]> {
    return this.db.query(
      `SELECT received_at AS "receivedAt", headers, body, verified FROM (
         SELECT *, sum(octet_length(body)) OVER (ORDER BY received_at DESC, id DESC) AS bytes FROM (
           SELECT * FROM sandbox_agent_webhook
           WHERE EXISTS (SELECT 1 FROM agent WHERE id = $1 AND bootstrap_name = $2)
             AND ($3::text IS NULL OR strpos(body, $3) > 0)
           ORDER BY received_at DESC, id DESC LIMIT $4) AS newest) AS counted
       WHERE bytes <= $5 ORDER BY received_at, id`,
      [agentId, sandboxAgent, orderId ?? null, limit, shownBytes],
    );
  }

  private async tidy(): Promise<void> {
    if (this.untilTidy-- > 0) return;
    this.untilTidy = tidyEvery;
    await this.db.query(
      `DELETE FROM sandbox_agent_webhook WHERE (received_at, id) <= (
         SELECT received_at, id FROM sandbox_agent_webhook ORDER BY received_at DESC, id DESC OFFSET ${kept} LIMIT 1)`,
    );
  }
}

const shown = (headers: IncomingHttpHeaders): object =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !credentials.includes(name)));
