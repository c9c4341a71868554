import { Injectable } from '@nestjs/common';
import { IsNull } from 'typeorm';
import { AuditService } from '../../../audit/audit.service.js';
import { newId } from '../../../common/id.js';
import type { PageRequest } from '../../../common/paging.js';
import { SafeHttp } from '../../../common/safe-http/safe-http.js';
import { Database, insert, rows, type Tx } from '../../../database/database.js';
import { newestFirst } from '../../../database/newest-first.js';
import type { Claim } from '../../../idempotency/claim.js';
import { QueueService } from '../../../queue/queue.service.js';
import { currentSecrets, EndpointSecretsService } from './endpoint-secrets.service.js';
import { outboundErrors } from '../outbound.errors.js';
import { WebhookEndpoint } from './webhook-endpoint.entity.js';
import { audited, changedEndpoint, newEndpoint } from './endpoint-changes.js';
import type { ChangeWebhookEndpointDto, CreateWebhookEndpointDto } from './webhook-endpoint.dto.js';
import { endpointView, type EndpointView } from './webhook-endpoint.view.js';

const maximumEndpoints = 50;

/** Where events of orders go, as the merchant sets it up. */
@Injectable()
export class WebhookEndpointsService {
  constructor(
    private readonly db: Database,
    private readonly http: SafeHttp,
    private readonly secrets: EndpointSecretsService,
    private readonly audit: AuditService,
    private readonly queue: QueueService,
  ) {}

  async list(page: PageRequest): Promise<WebhookEndpoint[]> {
    return newestFirst(this.db.repository(WebhookEndpoint), page, { deletedAt: IsNull() });
  }

  async find(id: string): Promise<WebhookEndpoint> {
    const endpoint = await this.db.repository(WebhookEndpoint).findOneBy({ id, deletedAt: IsNull() });
    if (!endpoint) throw outboundErrors.endpointNotFound();
    return endpoint;
  }

  /** Refuses one whose address must not be called, as it is now. */
  async findCallable(id: string): Promise<WebhookEndpoint> {
    const endpoint = await this.find(id);
    await this.checkUrl(endpoint.url);
    return endpoint;
  }

  view(endpoint: WebhookEndpoint): EndpointView {
    return endpointView(endpoint, this.secrets.shown(endpoint, new Date()));
  }

  /** Refuses an address that must not be called. Asks the name servers, so never inside a transaction. */
  private async checkUrl(url: string): Promise<void> {
    const refusal = await this.http.check(url);
    if (refusal) throw outboundErrors.url(refusal);
  }

  /** Answers with the endpoint and, this once, its secret. */
  async create(wanted: CreateWebhookEndpointDto, actor: string, claim: Claim): Promise<void> {
    await this.checkUrl(wanted.url);
    const id = newId('wep');
    const secret = wanted.secret ?? this.secrets.generate();
    await this.db.transaction(async (tx) => {
      const endpoint = newEndpoint(wanted, {
        id,
        secret: this.secrets.encrypt(secret, id),
        now: await clock(tx),
      });
      await checkAgent(tx, endpoint.agentId);
      const action = 'webhook_endpoint.created';
      await this.audit.append(tx, { actor, action, subject: id, after: audited(endpoint) });
      // The audit log admits one transaction at a time, so that of two last endpoints the second is counted.
      await checkCount(tx);
      await insert(tx, WebhookEndpoint, [endpoint]);
      await claim.finish(tx, { status: 201, body: { ...this.view(endpoint), secret } });
    });
  }

  async change(id: string, wanted: ChangeWebhookEndpointDto, actor: string): Promise<WebhookEndpoint> {
    if (wanted.secret !== undefined) throw outboundErrors.secretNotPatched();
    if (wanted.url !== undefined) await this.checkUrl(wanted.url);
    const changed = await this.db.transaction(async (tx) => {
      const before = await lockEndpoint(tx, id);
      const now = await clock(tx);
      const after = { ...changedEndpoint(before, wanted), ...currentSecrets(before, now), updatedAt: now };
      await checkAgent(tx, wanted.agent_id ?? null);
      await tx.getRepository(WebhookEndpoint).update({ id }, after);
      if (after.agentId !== before.agentId) await cancelForeign(tx, after);
      await this.audit.append(tx, {
        actor,
        action: 'webhook_endpoint.changed',
        subject: id,
        before: audited(before),
        after: audited(after),
      });
      return after;
    });
    this.queue.wake('webhooks.deliver');
    return changed;
  }

  /** Its deliveries stay as history; those not yet made are called off. Its secret is gone for good. */
  async remove(id: string, actor: string): Promise<void> {
    await this.db.transaction(async (tx) => {
      const before = await lockEndpoint(tx, id);
      await rows(
        tx,
        `UPDATE webhook_endpoint SET deleted_at = now(), updated_at = now(), secret = '', next_secret = NULL,
           next_secret_at = NULL WHERE id = $1`,
        [id],
      );
      await lockWaiting(tx, id);
      await rows(tx, `${cancel} WHERE d.endpoint_id = $1 AND d.state = 'pending'`, [id]);
      const action = 'webhook_endpoint.deleted';
      await this.audit.append(tx, { actor, action, subject: id, before: audited(before) });
    });
  }
}

/** The endpoint, locked until the transaction ends. */
export async function lockEndpoint(tx: Tx, id: string): Promise<WebhookEndpoint> {
  const endpoint = await tx.getRepository(WebhookEndpoint).findOne({
    where: { id, deletedAt: IsNull() },
    lock: { mode: 'pessimistic_write' },
  });
  if (!endpoint) throw outboundErrors.endpointNotFound();
  return endpoint;
}

/** When the transaction began, by the database's clock. */
export async function clock(tx: Tx): Promise<Date> {
  const [row] = (await rows<{ now: Date }>(tx, 'SELECT now() AS now')) as [{ now: Date }];
  return row.now;
}

async function checkAgent(tx: Tx, id: string | null): Promise<void> {
  if (id === null) return;
  const known = await rows(tx, 'SELECT 1 FROM agent WHERE id = $1', [id]);
  if (known.length === 0) throw outboundErrors.unknownAgent();
}

async function checkCount(tx: Tx): Promise<void> {
  const there = await tx.getRepository(WebhookEndpoint).countBy({ deletedAt: IsNull() });
  if (there >= maximumEndpoints) throw outboundErrors.tooManyEndpoints(maximumEndpoints);
}

/** The newest first, as whoever writes down what was sent does. */
const lockWaiting = (tx: Tx, endpointId: string): Promise<unknown> =>
  tx.query(
    `SELECT 1 FROM webhook_delivery WHERE endpoint_id = $1 AND state = 'pending' ORDER BY id DESC FOR NO KEY UPDATE`,
    [endpointId],
  );

const cancel = `UPDATE webhook_delivery AS d SET
  state = 'canceled', next_at = NULL, lease_token = NULL, lease_until = NULL, ended_at = now()`;

/** What still waits for the endpoint is not for the agent whose it is now. */
async function cancelForeign(tx: Tx, { id, agentId }: WebhookEndpoint): Promise<void> {
  if (agentId === null) return;
  await lockWaiting(tx, id);
  await rows(
    tx,
    `${cancel} FROM outbox_event AS e
     WHERE d.endpoint_id = $1 AND d.state = 'pending' AND e.id = d.event_id AND e.agent_id <> $2`,
    [id, agentId],
  );
}
