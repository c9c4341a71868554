import { Injectable } from '@nestjs/common';
import { Database, rows, type Tx } from '../database/database.js';
import { ReplayCache } from '../idempotency/replay-cache.js';
import { SecretBox } from '../settings/secret-box.js';
import { erasedJson } from './erased-json.js';
import { namesEmail } from './names-email.js';
import { idsOf, type Subject } from './person.store.js';
import { privacyErrors } from './privacy.errors.js';

/** What a request was answered, kept to be answered again; or that it was to be sent again, which has neither status nor body. */
export interface StoredReply {
  id: string;
  agentId: string;
  path: string;
  key: string;
  status: number | null;
  body: string;
  /** Until its row goes. */
  leftMs: number;
}

/** Replies with something to erase that were not there when they were looked for. */
export class LateReplies extends Error {
  constructor(readonly replies: StoredReply[]) {
    super('replies have come meanwhile');
  }
}

const columns = `c.id, c.agent_id AS "agentId", c.path, c.key, c.status, coalesce(c.body, 'null') AS body,
  greatest(0, extract(epoch FROM c.expires_at - now()) * 1000)::int8 AS "leftMs"`;
const maximumTries = 5;

/** Where a session or an order is named by the path. */
const wires = ['/checkout_sessions', '/acp/checkout', '/admin/orders'];
const exportPath = '/admin/privacy/export';

/** A preview is signed for a body that no longer is. And a key that an agent has made of the e-mail cannot stay either. */
const mustGo = ({ path, key }: StoredReply, email: string): boolean =>
  path.endsWith('/preview') || key.toLowerCase().includes(email);

/** Replies of every wire, in their rows and in Redis. */
@Injectable()
export class StoredReplies {
  constructor(
    private readonly db: Database,
    private readonly cache: ReplayCache,
    private readonly box: SecretBox,
  ) {}

  /** All that name one of these ids or the e-mail: a pass over the replies of a day and the completes of a week. */
  async mentioning(
    ids: string[],
    email: string,
    tx: Tx = this.db.dataSource.manager,
  ): Promise<StoredReply[]> {
    const found: StoredReply[] = [];
    for (let after: string | null = ''; after !== null;) {
      const until = await lastOfPage(tx, after);
      const page = await rows<StoredReply>(tx, mentioningSql, [ids, email, after, until]);
      found.push(...page.filter((reply) => names(reply, ids, email)));
      after = until;
    }
    return found;
  }

  /** Only those in which there is something to erase. */
  personal(replies: StoredReply[], email: string): StoredReply[] {
    return replies.filter((reply) => mustGo(reply, email) || erasedJson(reply.body) !== reply.body);
  }

  /**
   * First out of Redis, for a row that is rewritten is not found again. Each by itself: whoever repeats a request now is
   * answered from the row, as it was or as it is; one that is gone runs again. Returns how many.
   */
  async erase(replies: StoredReply[], email: string): Promise<number> {
    const personal = this.personal(replies, email);
    for (const reply of personal) {
      await this.forget(reply);
      await (mustGo(reply, email)
        ? this.db.query("DELETE FROM idempotency_claim WHERE id = $1 AND state <> 'running'", [reply.id])
        : this.db.query('UPDATE idempotency_claim SET body = $2 WHERE id = $1 AND body = $3', [
            reply.id,
            erasedJson(reply.body),
            reply.body,
          ]));
    }
    return personal.length;
  }

  /**
   * Under the locks of the subject nothing can be rendered of it but what is left. Throws if something was before that
   * was not found. The merchant's requests render an order first and are written down later: those lose their claim,
   * are told to come again (409 `idempotency_in_flight`), and then tell what is left too.
   */
  async refuseLate(tx: Tx, subject: Subject, email: string): Promise<void> {
    const ids = idsOf([subject]);
    const payments = await rows<{ id: string }>(tx, 'SELECT id FROM payment_attempt WHERE subject_id = $1', [
      subject.sessionId,
    ]);
    await rows(
      tx,
      `UPDATE idempotency_claim SET state = 'retryable', lease_token = NULL, lease_until = NULL WHERE id IN (
         SELECT c.id ${ofPaths} AND c.state = 'running'
           AND (c.path NOT LIKE '/admin/webhook-endpoints/%' OR c.path LIKE '%/preview')
         ORDER BY c.id FOR UPDATE OF c) RETURNING id`,
      [
        [
          ...ids.map((id) => `/admin/orders/${id}`),
          ...payments.map(({ id }) => `/admin/payments/${id}`),
          '/admin/webhook-endpoints/',
        ],
      ],
    );
    const done = await rows<StoredReply>(tx, `SELECT ${columns} ${ofPaths} AND c.state = 'done'`, [
      [
        ...ids.flatMap((id) => wires.map((path) => `${path}/${id}`)),
        ...payments.map(({ id }) => `/admin/payments/${id}`),
      ],
    ]);
    const late = this.personal(done, email);
    if (late.length > 0) throw new LateReplies(late);
  }

  /** Copies that were handed out, which are sealed in their rows and nowhere else. */
  async exportsOf(tx: Tx, email: string): Promise<string[]> {
    const sealed = await rows<{ id: string; body: string }>(
      tx,
      `SELECT id, body FROM idempotency_claim WHERE path = $1 AND state = 'done' AND body IS NOT NULL ORDER BY id`,
      [exportPath],
    );
    return sealed.filter(({ id, body }) => this.isOf(email, id, body)).map(({ id }) => id);
  }

  async deleteExports(tx: Tx, email: string): Promise<number> {
    const ids = await this.exportsOf(tx, email);
    const deleted = await rows(tx, 'DELETE FROM idempotency_claim WHERE id = ANY($1) RETURNING id', [ids]);
    return deleted.length;
  }

  /** The request itself: with a key that is made of the e-mail its row goes as well. Sent again it runs again. */
  async deleteNamed(tx: Tx, claimId: string, email: string): Promise<void> {
    await tx.query('DELETE FROM idempotency_claim WHERE id = $1 AND strpos(lower(key), $2) > 0', [
      claimId,
      email,
    ]);
  }

  /** A busy Redis may miss its 50 ms once; one that is away is not waited for. */
  private async forget(reply: StoredReply): Promise<void> {
    for (let tries = 1; tries <= maximumTries; tries++)
      if (await this.cache.forget(reply, reply.leftMs)) return;
    throw privacyErrors.cacheAway();
  }

  /** One that no key of ours opens is nobody's to read. */
  private isOf(email: string, id: string, sealed: string): boolean {
    try {
      return (JSON.parse(this.box.decrypt(sealed, id)) as { email?: unknown }).email === email;
    } catch {
      return false;
    }
  }
}

/** So many are looked through in one statement, which a statement's time is enough for. */
const pageSize = 2_000;

/** Null if the page is the last one. */
async function lastOfPage(tx: Tx, afterId: string): Promise<string | null> {
  const [last] = await rows<{ id: string }>(
    tx,
    `SELECT id FROM idempotency_claim WHERE id > $1 ORDER BY id OFFSET ${pageSize - 1} LIMIT 1`,
    [afterId],
  );
  return last?.id ?? null;
}

/** The ids are read out of the body once, however many are looked for. */
const mentioningSql = `
  SELECT ${columns} FROM idempotency_claim AS c
  WHERE c.id > $3 AND ($4::text IS NULL OR c.id <= $4) AND state IN ('done', 'retryable')
    AND (strpos(lower(concat(body, ' ', key)), $2) > 0 OR EXISTS (
      SELECT 1 FROM regexp_matches(concat(body, ' ', path), '(?:cs|ord)_[0-9a-z]+', 'g') AS named (ids)
      WHERE named.ids[1] = ANY($1)))
  ORDER BY c.id`;

/** What contains the e-mail may name somebody else's, of which it is a part. */
const names = ({ body, key, path }: StoredReply, ids: string[], email: string): boolean =>
  namesEmail(`${body} ${key}`, email) || ids.some((id) => body.includes(id) || path.includes(id));

/** By the index on agent and path, agent by agent. */
const ofPaths = `FROM agent AS a CROSS JOIN unnest($1::text[]) AS of (path)
  JOIN idempotency_claim AS c ON c.agent_id = a.id AND c.path >= of.path AND c.path < of.path || '~' WHERE true`;
