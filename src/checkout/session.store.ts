import { Injectable } from '@nestjs/common';
import type { PageRequest } from '../common/paging.js';
import { Database, rows, type Tx } from '../database/database.js';
import type { CheckoutSession } from './checkout-session.entity.js';
import { checkoutErrors } from './checkout.errors.js';

/** A session and the database's clock at the moment it was read. */
export interface ReadSession {
  session: CheckoutSession;
  now: Date;
}

/** Somebody else changed the session in between; the caller reads it again and decides anew. */
export class StaleSession extends Error {}

const columns = `id, agent_id AS "agentId", state, currency, total, version, content,
  created_at AS "createdAt", updated_at AS "updatedAt", expires_at AS "expiresAt", now() AS now`;

type Row = CheckoutSession & { now: Date };

@Injectable()
export class SessionStore {
  constructor(private readonly db: Database) {}

  /** 404 for another agent's session too: that it exists is nobody else's business. */
  async load(agentId: string, id: string): Promise<ReadSession> {
    const [row] = await this.db.query<Row>(
      `SELECT ${columns} FROM checkout_session WHERE id = $1 AND agent_id = $2`,
      [id, agentId],
    );
    if (!row) throw checkoutErrors.sessionNotFound();
    return split(row);
  }

  /** Any agent's session, for the merchant. */
  async loadAny(id: string): Promise<ReadSession> {
    const [row] = await this.db.query<Row>(`SELECT ${columns} FROM checkout_session WHERE id = $1`, [id]);
    if (!row) throw checkoutErrors.sessionNotFound();
    return split(row);
  }

  /** One more than asked for, so that the caller sees whether there is a next page. Newest first. */
  async list({ limit, afterId }: PageRequest): Promise<ReadSession[]> {
    const found = await this.db.query<Row>(
      `SELECT ${columns} FROM checkout_session WHERE $1::text IS NULL OR id < $1 ORDER BY id DESC LIMIT $2`,
      [afterId ?? null, limit + 1],
    );
    return found.map(split);
  }

  async lock(tx: Tx, id: string): Promise<ReadSession> {
    const read = await this.lockIfThere(tx, id);
    if (!read) throw new Error(`checkout session ${id} is gone`);
    return read;
  }

  async lockIfThere(tx: Tx, id: string): Promise<ReadSession | null> {
    const [row] = await rows<Row>(tx, `SELECT ${columns} FROM checkout_session WHERE id = $1 FOR UPDATE`, [
      id,
    ]);
    return row ? split(row) : null;
  }

  async insert(tx: Tx, session: CheckoutSession): Promise<void> {
    await tx.query(
      `INSERT INTO checkout_session (id, agent_id, state, currency, total, version, content, created_at, updated_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        session.id,
        session.agentId,
        session.state,
        session.currency,
        session.total,
        session.version,
        session.content,
        session.createdAt,
        session.updatedAt,
        session.expiresAt,
      ],
    );
  }

  /** Writes the next version of a session. Throws `StaleSession`, and so rolls back, if another change was first. */
  async save(tx: Tx, next: CheckoutSession): Promise<void> {
    const saved = await rows(
      tx,
      `UPDATE checkout_session
       SET state = $3, total = $4, version = version + 1, content = $5, updated_at = $6, expires_at = $7
       WHERE id = $1 AND version = $2 RETURNING id`,
      [next.id, next.version - 1, next.state, next.total, next.content, next.updatedAt, next.expiresAt],
    );
    if (saved.length === 0) throw new StaleSession();
  }

  /** Sessions that hold stock and whose time is over, oldest first. The sweep locks each before it believes this. */
  async expiringHolds(limit: number, except: string[]): Promise<string[]> {
    const due = await this.db.query<{ id: string }>(
      `SELECT id FROM checkout_session
       WHERE state = 'authentication_required' AND expires_at <= now() AND id <> ALL($2)
       ORDER BY expires_at LIMIT $1`,
      [limit, except],
    );
    return due.map(({ id }) => id);
  }

  /** Expires some open sessions whose time is over. Returns which. */
  async expireOpen(tx: Tx, batch: number): Promise<string[]> {
    const expired = await rows<{ id: string }>(
      tx,
      `UPDATE checkout_session SET state = 'expired', version = version + 1, updated_at = now() WHERE id IN (
         SELECT id FROM checkout_session WHERE state = 'open' AND expires_at <= now()
         ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING id`,
      [batch],
    );
    return expired.map(({ id }) => id);
  }
}

function split({ now, ...session }: Row): ReadSession {
  return { session, now };
}

/** The next version of a session. */
export const nextVersion = (
  session: CheckoutSession,
  now: Date,
  change: Partial<Pick<CheckoutSession, 'state' | 'total' | 'content' | 'expiresAt'>>,
): CheckoutSession => ({ ...session, ...change, version: session.version + 1, updatedAt: now });
