import { Injectable } from '@nestjs/common';
import { Database, rows, type Tx } from '../database/database.js';
import { SecretBox } from '../settings/secret-box.js';
import { namesEmail } from './names-email.js';

/** The body of a provider's webhook, read. */
export interface ProviderBody {
  id: string;
  provider: string;
  type: string;
  text: string;
}

type SealedBody = Omit<ProviderBody, 'text'> & { body: string; payment: string | null };

const batch = 200;

/** What the payment providers have told of a person. The bodies are encrypted: they are read one by one. */
@Injectable()
export class ProviderBodies {
  constructor(
    private readonly db: Database,
    private readonly box: SecretBox,
  ) {}

  /** All that name one of these payments, one of the ids or the e-mail, wherever it stands. */
  async *about(
    wanted: { payments: string[]; ids: string[]; email: string },
    tx: Tx = this.db.dataSource.manager,
  ): AsyncGenerator<ProviderBody, void> {
    const ids = [...wanted.ids, ...wanted.payments];
    for (let afterId = ''; ;) {
      const sealed = await this.page(tx, afterId);
      for (const { body, payment, ...event } of sealed) {
        const text = this.open(event.id, body);
        const isAbout = payment !== null && wanted.payments.includes(payment);
        if (isAbout || namesEmail(text, wanted.email) || ids.some((id) => text.includes(id)))
          yield { ...event, text };
      }
      afterId = sealed.at(-1)?.id ?? '';
      if (sealed.length < batch) return;
    }
  }

  /** Returns how many. */
  async forget(ids: string[]): Promise<number> {
    const gone = await this.db.query(
      `UPDATE webhook_event SET body = NULL WHERE id IN (
         SELECT id FROM webhook_event WHERE id = ANY($1) AND body IS NOT NULL ORDER BY id FOR UPDATE) RETURNING id`,
      [ids],
    );
    return gone.length;
  }

  /** What came in while the payments were being erased. */
  async forgetPayments(payments: string[]): Promise<number> {
    const found = await this.db.query<{ id: string }>(
      'SELECT id FROM webhook_event WHERE payment = ANY($1) AND body IS NOT NULL',
      [payments],
    );
    return this.forget(found.map(({ id }) => id));
  }

  private page(tx: Tx, afterId: string): Promise<SealedBody[]> {
    return rows(
      tx,
      `SELECT id, provider, type, payment, body FROM webhook_event
       WHERE body IS NOT NULL AND id > $1 ORDER BY id LIMIT ${batch}`,
      [afterId],
    );
  }

  /** One that no key of ours opens is nobody's to read. */
  private open(id: string, body: string): string {
    try {
      return this.box.decrypt(body, id);
    } catch {
      return '';
    }
  }
}
