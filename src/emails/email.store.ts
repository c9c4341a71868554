import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { newId } from '../common/id.js';
import { Config } from '../config/config.js';
import { boundedWait, Database, rows, type Tx } from '../database/database.js';
import type { EmailMessage } from './email-message.entity.js';

export type WantedEmail = Pick<EmailMessage, 'orderId' | 'kind' | 'subjectId'>;

/** An e-mail to send now, and the right to send it. */
export interface ClaimedEmail extends WantedEmail, Pick<EmailMessage, 'id' | 'attempts' | 'edition'> {
  lease: string;
}

/** The rows of e-mails. All times are the database's. */
@Injectable()
export class EmailStore {
  constructor(
    private readonly db: Database,
    private readonly config: Config,
  ) {}

  /** One of each, however often it is asked for. */
  async insert(tx: Tx, wanted: WantedEmail[]): Promise<void> {
    const made = wanted.map(({ orderId, kind, subjectId }) => ({
      id: newId('eml'),
      order_id: orderId,
      kind,
      subject_id: subjectId,
    }));
    await tx.query(
      `INSERT INTO email_message (id, order_id, kind, subject_id, state, attempts, edition, next_at, created_at)
       SELECT id, order_id, kind, subject_id, 'pending', 0, 0, now(), now()
       FROM json_to_recordset($1::json) AS made (id text, order_id text, kind text, subject_id text)
       ON CONFLICT (order_id, kind, subject_id) DO NOTHING`,
      [JSON.stringify(made)],
    );
  }

  /** Takes what is due under a lease, the longest waiting first; of an order the earlier e-mail goes first. */
  async claim(limit: number): Promise<ClaimedEmail[]> {
    return this.db.query(
      `WITH due AS MATERIALIZED (
         SELECT id FROM email_message AS m
         WHERE state = 'pending' AND next_at <= now() AND (lease_until IS NULL OR lease_until < now())
           AND NOT EXISTS (
             SELECT 1 FROM email_message AS earlier
             WHERE earlier.order_id = m.order_id AND earlier.state = 'pending' AND earlier.id < m.id)
         ORDER BY next_at LIMIT $3 FOR UPDATE SKIP LOCKED)
       UPDATE email_message AS m
       SET lease_token = $1, lease_until = now() + $2 * interval '1 ms', attempts = m.attempts + 1
       FROM due WHERE m.id = due.id
       RETURNING m.id, order_id AS "orderId", kind, subject_id AS "subjectId", attempts, edition, lease_token AS lease`,
      [randomUUID(), this.config.timings.emailLeaseMs, limit],
    );
  }

  /** It was sent, whoever has the lease by now. */
  async sent(tx: Tx, { id }: ClaimedEmail): Promise<void> {
    await rows(
      tx,
      `UPDATE email_message SET state = 'sent', sent_at = now(), next_at = NULL, last_error = NULL,
         lease_token = NULL, lease_until = NULL
       WHERE id = $1 AND state = 'pending'`,
      [id],
    );
  }

  /** Nothing more is done; whoever lost the lease changes nothing, here or below. */
  async end({ id, lease }: ClaimedEmail, state: 'dead' | 'skipped', reason: string): Promise<void> {
    await this.db.query(
      `UPDATE email_message SET state = $3, last_error = $4, next_at = NULL, lease_token = NULL, lease_until = NULL
       FROM ${boundedWait} WHERE id = $1 AND lease_token = $2`,
      [id, lease, state, reason],
    );
  }

  async putOff({ id, lease }: ClaimedEmail, seconds: number, reason: string): Promise<void> {
    await this.db.query(
      `UPDATE email_message SET next_at = now() + $3 * interval '1 ms', last_error = $4,
         lease_token = NULL, lease_until = NULL
       FROM ${boundedWait} WHERE id = $1 AND lease_token = $2`,
      [id, lease, Math.ceil(seconds * this.config.timings.emailSecondMs), reason],
    );
  }

  /** Gives back what was claimed and not tried. */
  async release(claimed: ClaimedEmail[]): Promise<void> {
    await this.db.query(
      `UPDATE email_message SET lease_token = NULL, lease_until = NULL, attempts = attempts - 1
       FROM ${boundedWait} WHERE id = ANY($1) AND lease_token = ANY($2)`,
      [claimed.map(({ id }) => id), claimed.map(({ lease }) => lease)],
    );
  }
}
