import { Injectable } from '@nestjs/common';
import { Database, rows, type Tx } from '../database/database.js';
import { openStates } from '../payments/payment.states.js';

/** A checkout session of a person, and the order that came of it. The session of an old order may be gone. */
export interface Subject {
  sessionId: string;
  orderId: string | null;
}

/** A payment at a provider, by the provider's own id. */
export interface ProviderReference {
  provider: string;
  payment: string;
}

const open = openStates.map((state) => `'${state}'`).join(', ');

/** Finds what is a person's by e-mail. Every way has an index (`1764350000000-personal-data.ts`). */
@Injectable()
export class PersonStore {
  constructor(private readonly db: Database) {}

  /** `email` in lower case. In the order of their ids, which is the order they are locked in. */
  async subjectsOf(email: string, tx: Tx = this.db.dataSource.manager): Promise<Subject[]> {
    return rows(
      tx,
      `SELECT named.id AS "sessionId", o.id AS "orderId"
       FROM (SELECT id FROM checkout_session WHERE lower(content #>> '{buyer,email}') = $1
             UNION SELECT id FROM checkout_session WHERE lower(content #>> '{fulfillment,email}') = $1
             UNION SELECT session_id FROM shop_order WHERE lower(coalesce(buyer->>'email', destination->>'email')) = $1
             UNION SELECT session_id FROM shop_order WHERE lower(destination->>'email') = $1) AS named
       LEFT JOIN shop_order AS o ON o.session_id = named.id ORDER BY named.id`,
      [email],
    );
  }

  /** Without those that somebody else pays. Of a session that is gone its order tells. */
  async paidByThem(subjects: Subject[], email: string, tx: Tx): Promise<Subject[]> {
    const others = await rows<{ id: string }>(
      tx,
      `SELECT id FROM checkout_session WHERE id = ANY($1) AND lower(content #>> '{buyer,email}') <> $2
       UNION SELECT session_id FROM shop_order WHERE session_id = ANY($1) AND lower(buyer->>'email') <> $2`,
      [subjects.map(({ sessionId }) => sessionId), email],
    );
    return subjects.filter(({ sessionId }) => !others.some(({ id }) => id === sessionId));
  }

  /** Sessions whose money is on its way, in either direction: what is sent to the provider must not change now. */
  async payingNow(sessionIds: string[]): Promise<string[]> {
    const found = await this.db.query<{ id: string }>(
      `SELECT id FROM checkout_session WHERE id = ANY($1) AND state = 'completing'
       UNION SELECT subject_id FROM payment_attempt WHERE subject_id = ANY($1) AND state IN (${open})
       UNION SELECT subject_id FROM payment_attempt AS a JOIN payment_operation AS o ON o.payment_id = a.id
         WHERE subject_id = ANY($1) AND o.state IN ('started', 'called', 'unknown')
       ORDER BY 1`,
      [sessionIds],
    );
    return found.map(({ id }) => id);
  }

  /** Orders of which pieces are still to leave the shop. */
  async unfinished(orderIds: string[]): Promise<string[]> {
    const found = await this.db.query<{ id: string }>(
      `SELECT id FROM shop_order AS o WHERE id = ANY($1) AND merchant_status <> 'canceled'
         AND EXISTS (SELECT 1 FROM order_line WHERE order_id = o.id AND fulfilled < current) ORDER BY id`,
      [orderIds],
    );
    return found.map(({ id }) => id);
  }

  async atProviders(sessionIds: string[], tx: Tx = this.db.dataSource.manager): Promise<ProviderReference[]> {
    return rows(
      tx,
      `SELECT DISTINCT provider, reference AS payment FROM payment_attempt
       WHERE subject_id = ANY($1) AND reference IS NOT NULL ORDER BY provider, reference`,
      [sessionIds],
    );
  }
}

/** The ids by which rows, replies and webhooks name these subjects. */
export const idsOf = (subjects: Subject[]): string[] =>
  subjects.flatMap(({ sessionId, orderId }) => (orderId === null ? [sessionId] : [sessionId, orderId]));

export const orderIdsOf = (subjects: Subject[]): string[] => subjects.flatMap(({ orderId }) => orderId ?? []);
