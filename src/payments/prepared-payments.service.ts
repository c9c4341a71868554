import { Injectable, Logger } from '@nestjs/common';
import { newId } from '../common/id.js';
import { within } from '../common/pause.js';
import { Config } from '../config/config.js';
import { Database, type Tx } from '../database/database.js';
import { StoreService } from '../database/store.service.js';
import { OnJob } from '../queue/on-job.decorator.js';
import { PreparedPayment } from './prepared-payment.entity.js';
import type { Money, PaymentProvider, PreparedObject } from './providers/payment-provider.js';
import { ProviderRegistry } from './providers/provider-registry.js';

/** For whom something is to be prepared, and what there is already. */
export interface Preparation {
  subjectId: string;
  /** False: what is there stays, nothing new is made. */
  ready: boolean;
  /** True: what is missing for an unchanged total is made again. */
  mend: boolean;
  /** By provider, with the total it was made for. */
  before: { psp: string; total: Money; prepared: PreparedObject[] }[];
}

/** So many times a subject's total may change and be prepared anew, per kind. */
const limitPerSubject = 10;
/** Only a net under the sweep that closes links: a link is closed when its subject no longer wants it. */
const linkLifeMs = 3_600_000;
const batch = 100;

/** Orders and links that exist at a provider before anybody pays. */
@Injectable()
export class PreparedPaymentsService {
  private readonly logger = new Logger(PreparedPaymentsService.name);

  constructor(
    private readonly db: Database,
    private readonly providers: ProviderRegistry,
    private readonly store: StoreService,
    private readonly config: Config,
  ) {}

  /** What the total can be paid against. Calls the provider, so never inside a transaction. */
  async prepare(
    provider: PaymentProvider,
    total: Money,
    { subjectId, ready, mend, before }: Preparation,
  ): Promise<PreparedObject[] | 'not yet' | 'unavailable'> {
    const kept =
      before.find(
        (one) =>
          one.psp === provider.code &&
          one.total.amount === total.amount &&
          one.total.currency === total.currency,
      )?.prepared ?? [];
    const kinds = provider.prepares ?? [];
    const missing = kinds.filter((kind) => !kept.some((one) => one.kind === kind));
    const has = kept.length > 0;
    if (!ready) return has ? kept : 'not yet';
    if (missing.length === 0 || (has && !mend)) return kept;
    const made = await this.make(provider, total, subjectId, missing);
    const all = [...kept, ...made];
    return all.some(({ kind }) => kind === kinds[0]) ? all : 'unavailable';
  }

  /** Nobody should pay these any more; what is still wanted is named in `keep`. In the caller's transaction. */
  async release(tx: Tx, subjectIds: string[], keep: string[]): Promise<void> {
    await tx.query(
      `UPDATE prepared_payment SET released_at = now()
       WHERE subject_id = ANY($1) AND released_at IS NULL AND id <> ALL($2)`,
      [subjectIds, keep],
    );
  }

  /** Somebody has paid it: it is good for nothing else. In the caller's transaction. */
  async markPaid(tx: Tx, id: string): Promise<void> {
    await tx.query(
      'UPDATE prepared_payment SET released_at = coalesce(released_at, now()), closed_at = now() WHERE id = $1',
      [id],
    );
  }

  async find(id: string): Promise<PreparedPayment | null> {
    return this.db.repository(PreparedPayment).findOneBy({ id });
  }

  /** Links that nobody should pay any more are closed at the provider. What fails is tried again by the next sweep. */
  @OnJob('payments.close-links')
  async closeLinks(): Promise<void> {
    const due = await this.db.query<{ id: string; provider: string; reference: string | null }>(
      `SELECT id, provider, reference FROM prepared_payment
       WHERE kind = 'link' AND released_at > now() - interval '1 day' AND closed_at IS NULL ORDER BY released_at LIMIT $1`,
      [batch],
    );
    for (const { id, provider, reference } of due) {
      try {
        const link =
          reference === null ? 'closed' : await this.providers.get(provider).closeLink?.(reference);
        // Somebody is paying it: what comes of that is not known yet.
        if (link === 'in_use') continue;
        await this.db.query('UPDATE prepared_payment SET closed_at = now() WHERE id = $1', [id]);
      } catch (error) {
        this.logger.warn({ event: 'payment.link_not_closed', preparedId: id, provider, error });
      }
    }
  }

  /** Our rows are committed first: a payment on what the provider made is then always recognised. */
  private async make(
    provider: PaymentProvider,
    total: Money,
    subjectId: string,
    kinds: PreparedObject['kind'][],
  ): Promise<PreparedObject[]> {
    const reused = await this.reuse(provider, total, subjectId, kinds);
    const missing = kinds.filter((kind) => !reused.some((object) => object.kind === kind));
    if (missing.length === 0) return reused;
    const rows = await this.db.query<{ id: string; kind: PreparedObject['kind'] }>(
      `INSERT INTO prepared_payment (id, subject_id, provider, kind, amount, currency, created_at)
       SELECT wanted.id, $2, $3, wanted.kind, $5, $6, now() FROM unnest($1::text[], $4::text[]) AS wanted (id, kind)
       -- What was never answered cannot be paid, and counts less.
       WHERE $7 > (SELECT count(p.reference) + count(*) / 5 FROM prepared_payment p
                   WHERE p.subject_id = $2 AND p.kind = wanted.kind)
       RETURNING id, kind`,
      [
        missing.map(() => newId('pop')),
        subjectId,
        provider.code,
        missing,
        total.amount,
        total.currency,
        limitPerSubject,
      ],
    );
    if (rows.length < missing.length) {
      this.logger.warn({ event: 'payment.prepare_limit_reached', subjectId, provider: provider.code });
    }
    const made = await Promise.all(rows.map((row) => this.ask(provider, total, subjectId, row)));
    const objects = made.flatMap((object) => object ?? []);
    if (objects.length > 0) await this.remember(objects);
    return [...reused, ...objects];
  }

  /** An order that was made for the same total before is as good as new; a link may be closed already. */
  private async reuse(
    provider: PaymentProvider,
    total: Money,
    subjectId: string,
    kinds: PreparedObject['kind'][],
  ): Promise<PreparedObject[]> {
    if (!kinds.includes('order')) return [];
    return this.db.query<PreparedObject>(
      `UPDATE prepared_payment SET released_at = NULL WHERE id = (
         SELECT id FROM prepared_payment
         WHERE subject_id = $1 AND provider = $2 AND kind = 'order' AND amount = $3 AND currency = $4
           AND reference IS NOT NULL AND closed_at IS NULL ORDER BY id DESC LIMIT 1)
       RETURNING id, kind, reference`,
      [subjectId, provider.code, total.amount, total.currency],
    );
  }

  private async ask(
    provider: PaymentProvider,
    total: Money,
    subjectId: string,
    { id, kind }: { id: string; kind: PreparedObject['kind'] },
  ): Promise<PreparedObject | undefined> {
    const request = {
      ...total,
      id,
      kind,
      subjectId,
      storeInstance: this.store.instanceId,
      description: `Checkout ${subjectId}`,
      expiresAt: new Date(Date.now() + linkLifeMs),
    };
    try {
      return await within(
        Promise.resolve(provider.prepare?.(request)),
        this.config.timings.strategyTimeoutMs,
        undefined,
      );
    } catch (error) {
      this.logger.error({ event: 'payment.prepare_failed', preparedId: id, provider: provider.code, error });
      return undefined;
    }
  }

  private async remember(objects: PreparedObject[]): Promise<void> {
    await this.db.query(
      `UPDATE prepared_payment p SET reference = made.reference, url = made.url
       FROM unnest($1::text[], $2::text[], $3::text[]) AS made (id, reference, url) WHERE p.id = made.id`,
      [
        objects.map(({ id }) => id),
        objects.map(({ reference }) => reference),
        objects.map(({ url }) => url ?? null),
      ],
    );
  }
}
