import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { newId } from '../../common/id.js';
import { Config } from '../../config/config.js';
import { boundedWait, Database } from '../../database/database.js';
import type { ProviderEvent } from '../../payments/providers/payment-provider.js';
import { SecretBox } from '../../settings/secret-box.js';
import { minimumAttempts, tryForMs } from './inbox.schedule.js';
import type { WebhookEvent, WebhookEventResult, WebhookEventState } from './webhook-event.entity.js';

/** Events of one batch that are about the same thing: looking at it once serves them all. */
export interface DueGroup {
  lease: string;
  ids: string[];
  provider: string;
  about: ProviderEvent['about'];
  known: boolean;
  /** Of the one that was tried least. */
  attempts: number;
}

type DueRow = Pick<WebhookEvent, 'id' | 'provider' | 'known' | 'part' | 'payment' | 'dispute' | 'attempts'>;

/** The inbox. All times are the database's. */
@Injectable()
export class InboxStore {
  constructor(
    private readonly db: Database,
    private readonly secrets: SecretBox,
    private readonly config: Config,
  ) {}

  /**
   * Keeps an event in one statement; false if it is there already. What there is nothing to do about is finished as
   * it comes in. Of a payment whose buyer was erased the body, which may name the buyer again, is not kept.
   */
  async keep(provider: string, event: ProviderEvent, raw: Buffer): Promise<boolean> {
    const id = newId('whe');
    const { about } = event;
    const result = about ? null : withoutLooking(event.known);
    const kept = await this.db.query(
      `INSERT INTO webhook_event
         (id, provider, event_id, type, known, part, payment, dispute, state, result, summary, body, attempts,
          next_at, try_until, received_at, processed_at)
       SELECT $1, $2, $3, $4, $5, $6, $7::text, $8, $9, $10, $11,
          CASE WHEN NOT EXISTS (
            SELECT 1 FROM payment_attempt WHERE provider = $2 AND reference = ANY($14::text[]) AND erased_at IS NOT NULL) THEN $12 END, 0,
          CASE WHEN $10::text IS NULL THEN now() END, now() + $13 * interval '1 ms', now(),
          CASE WHEN $10::text IS NOT NULL THEN now() END
       FROM ${boundedWait}
       ON CONFLICT (provider, event_id) DO NOTHING RETURNING id`,
      [
        id,
        provider,
        event.id,
        event.type,
        event.known,
        about?.part ?? null,
        about?.payment ?? null,
        about?.dispute ?? null,
        result ? 'ignored' : 'received',
        result,
        JSON.stringify(event.summary, storable),
        this.secrets.encrypt(raw.toString('utf8'), id),
        tryForMs,
        about ? [about.payment] : idsIn(raw),
      ],
    );
    return kept.length === 1;
  }

  /** Takes what is due under a lease, the longest waiting first. A process that dies leaves it to the next one. */
  async claim(limit: number): Promise<DueGroup[]> {
    const lease = randomUUID();
    const due = await this.db.query<DueRow>(
      `WITH due AS MATERIALIZED (
         SELECT id FROM webhook_event
         WHERE state IN ('received', 'waiting') AND next_at <= now()
           AND (lease_until IS NULL OR lease_until < now())
         ORDER BY next_at LIMIT $3 FOR UPDATE SKIP LOCKED)
       UPDATE webhook_event AS e
       SET lease_token = $1, lease_until = now() + $2 * interval '1 ms', attempts = e.attempts + 1
       FROM due WHERE e.id = due.id
       RETURNING e.id, provider, known, part, payment, dispute, attempts`,
      [lease, this.config.timings.inboxLeaseMs, limit],
    );
    return groupByAbout(due, lease);
  }

  /** Returns the ids that were finished: whoever lost the lease changes nothing, here or below. */
  async finish(
    { ids, lease }: DueGroup,
    state: 'processed' | 'ignored',
    result: WebhookEventResult,
  ): Promise<string[]> {
    const finished = await this.db.query<{ id: string }>(
      `UPDATE webhook_event SET state = $3, result = $4, processed_at = now(), next_at = NULL, last_error = NULL,
         lease_token = NULL, lease_until = NULL
       FROM ${boundedWait} WHERE id = ANY($1) AND lease_token = $2 RETURNING id`,
      [ids, lease, state, result],
    );
    return finished.map(({ id }) => id);
  }

  /** Puts the group off: which are tried again, and which have been tried for long enough and failed. */
  async putOff(
    { ids, lease }: DueGroup,
    next: {
      state: 'received' | 'waiting';
      waitMs: number;
      error: string | null;
      whenOver: WebhookEventResult;
    },
  ): Promise<{ again: string[]; over: string[] }> {
    const put = await this.db.query<{ id: string; state: WebhookEventState }>(
      `UPDATE webhook_event AS e SET
         state = CASE WHEN over THEN 'failed' ELSE $3 END,
         result = CASE WHEN over THEN $4 END,
         processed_at = CASE WHEN over THEN now() END,
         next_at = CASE WHEN NOT over THEN now() + $5 * interval '1 ms' END,
         last_error = $6, lease_token = NULL, lease_until = NULL
       FROM (SELECT id, try_until < now() AND attempts >= $7 AS over
             FROM webhook_event, ${boundedWait} WHERE id = ANY($1)) AS judged
       WHERE e.id = judged.id AND e.lease_token = $2 RETURNING e.id, e.state`,
      [ids, lease, next.state, next.whenOver, next.waitMs, next.error, minimumAttempts],
    );
    const idsWhere = (failed: boolean): string[] =>
      put.filter(({ state }) => (state === 'failed') === failed).map(({ id }) => id);
    return { again: idsWhere(false), over: idsWhere(true) };
  }

  /** Gives back what was claimed and not begun. */
  async release(groups: DueGroup[]): Promise<void> {
    await this.db.query(
      `UPDATE webhook_event SET lease_token = NULL, lease_until = NULL, attempts = attempts - 1
       FROM ${boundedWait} WHERE id = ANY($1) AND lease_token = ANY($2)`,
      [groups.flatMap(({ ids }) => ids), groups.map(({ lease }) => lease)],
    );
  }

  /** How long the oldest one of each unfinished state has been here. */
  async oldest(): Promise<{ state: 'received' | 'waiting'; seconds: number }[]> {
    return this.db.query(
      `SELECT state, extract(epoch FROM now() - min(received_at))::float8 AS seconds FROM webhook_event
       WHERE state IN ('received', 'waiting') GROUP BY state`,
    );
  }
}

/** Every text that could be the id of a payment: an event that we do not look at may tell of one all the same. */
const idsIn = (raw: Buffer): string[] => [
  ...new Set(Array.from(raw.toString('utf8').matchAll(/"(\w{8,255})"/g), ([, id]) => id ?? '')),
];

/** What an event that names nothing to look at comes to. */
export const withoutLooking = (known: boolean): WebhookEventResult =>
  known ? 'nothing_to_do' : 'unknown_type';

/** PostgreSQL takes neither NUL nor half a character. */
const storable = (_: string, value: unknown): unknown =>
  typeof value === 'string' ? value.replaceAll('\0', '').toWellFormed() : value;

function groupByAbout(due: DueRow[], lease: string): DueGroup[] {
  const groups = new Map<string, DueGroup>();
  for (const { id, provider, known, part, payment, dispute, attempts } of due) {
    const key = JSON.stringify([provider, part, payment, dispute, part ? null : known]);
    const group = groups.get(key);
    if (group) {
      group.ids.push(id);
      group.attempts = Math.min(group.attempts, attempts);
      continue;
    }
    const about = part && payment ? { part, payment, ...(dispute && { dispute }) } : null;
    groups.set(key, { lease, ids: [id], provider, about, known, attempts });
  }
  return [...groups.values()];
}
