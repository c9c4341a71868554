import { Injectable, Logger } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { Metrics } from '../common/metrics.js';
import { Database, rows, together, type Tx } from '../database/database.js';
import type { Claim } from '../idempotency/claim.js';
import { OnJob } from '../queue/on-job.decorator.js';

/** `reserved`: not what the holds say; `uncovered`: more than is on hand; `ledger`: does not add up to what is on hand. */
const problems = ['reserved', 'uncovered', 'ledger'] as const;
type Problem = (typeof problems)[number];

/** An item's stock beside what its holds and its ledger add up to. */
interface Comparison {
  item_id: string;
  tracked: boolean;
  on_hand: number;
  reserved: number;
  held: number;
  ledger: number;
}
type Finding = Comparison & { problems: Problem[] };

/** So many are told, and repaired, at a time. */
const batch = 500;

const comparison = `
  SELECT s.item_id, s.tracked, s.on_hand, s.reserved, coalesce(h.held, 0)::int8 AS held, m.ledger
  FROM inventory s
  LEFT JOIN (SELECT item_id, sum(quantity) AS held FROM inventory_hold GROUP BY item_id) AS h USING (item_id)
  CROSS JOIN LATERAL (
    SELECT coalesce(sum(change), 0)::int8 AS ledger FROM inventory_movement WHERE item_id = s.item_id) AS m`;

/** Holds, stock and ledger are written together; here it is seen whether they still agree. */
@Injectable()
export class InventoryCheckService {
  private readonly logger = new Logger(InventoryCheckService.name);
  private lastFound: Finding[] | undefined;

  constructor(
    private readonly db: Database,
    private readonly audit: AuditService,
    metrics: Metrics,
  ) {
    metrics.gauge(
      'inventory_invariant_broken',
      'Items whose stock does not agree with its holds or its ledger, as the last daily check of this process found.',
      ['problem'],
      () => Promise.resolve(this.samples()),
    );
  }

  async check(): Promise<{ ok: boolean; items: number; broken: Finding[]; more: boolean }> {
    const [[counted], broken] = await Promise.all([
      this.db.query<{ items: number }>('SELECT count(*)::int AS items FROM inventory'),
      this.find(this.db.dataSource.manager),
    ]);
    const shown = broken.slice(0, batch);
    return {
      ok: broken.length === 0,
      items: counted?.items ?? 0,
      broken: shown,
      more: broken.length > batch,
    };
  }

  @OnJob('inventory.check')
  async sweep(): Promise<void> {
    const { broken, more } = await this.check();
    this.lastFound = broken;
    if (broken.length === 0) return;
    this.logger.error({
      event: 'inventory.invariant_broken',
      items: broken.map(({ item_id }) => item_id),
      more,
      hint: 'GET /admin/inventory/check, then POST /admin/inventory/repair',
    });
  }

  /** Under the rows' locks nobody takes or gives back a hold, so what is counted then is so until the commit. */
  async repair(actor: string, claim: Claim): Promise<void> {
    await this.db.transaction(async (tx) => {
      const suspects = (await this.find(tx)).slice(0, batch).map(({ item_id }) => item_id);
      const [, before] = await together([
        tx.query('SELECT 1 FROM inventory WHERE item_id = ANY($1) ORDER BY item_id FOR UPDATE', [suspects]),
        this.find(tx, suspects),
      ]);
      const repaired = before.filter(isRepairable);
      if (repaired.length > 0) await this.mend(tx, repaired, actor);
      const after = repaired.map((found) => ({
        ...found,
        reserved: found.held,
        ledger: found.on_hand,
        problems: [],
      }));
      const left = before.filter((found) => !isRepairable(found));
      await claim.finish(tx, { status: 200, body: { repaired: after, left } });
    });
  }

  private async mend(tx: Tx, found: Finding[], actor: string): Promise<void> {
    const changed = (tell: (item: Finding) => object): object =>
      Object.fromEntries(found.map((item) => [item.item_id, tell(item)]));
    await together([
      tx.query(
        `WITH found AS (SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[])
                        AS f (item_id, held, gap, note)),
              mended AS (
                UPDATE inventory s SET reserved = f.held FROM found f WHERE s.item_id = f.item_id
                RETURNING s.item_id, f.gap, s.on_hand, f.note)
         INSERT INTO inventory_movement (item_id, change, on_hand, reason, actor, note, at)
         SELECT item_id, gap, on_hand, 'repair', $5, note, clock_timestamp() FROM mended`,
        [
          found.map(({ item_id }) => item_id),
          found.map(({ held }) => held),
          found.map(({ on_hand, ledger }) => on_hand - ledger),
          found.map(({ reserved, held }) => `reserved ${reserved}, held ${held}`),
          actor,
        ],
      ),
      this.audit.append(tx, {
        actor,
        action: 'inventory.repaired',
        subject: 'inventory',
        before: changed(({ reserved, ledger }) => ({ reserved, ledger })),
        after: changed(({ held, on_hand }) => ({ reserved: held, ledger: on_hand })),
      }),
    ]);
  }

  /** What does not agree, of these items or of all; one more than a batch, so that the caller sees there are more. */
  private async find(tx: Tx, itemIds: string[] | null = null): Promise<Finding[]> {
    const found = await rows<Comparison>(
      tx,
      `${comparison} WHERE ($1::text[] IS NULL OR s.item_id = ANY($1))
         AND (s.reserved <> coalesce(h.held, 0) OR s.reserved < 0 OR (s.tracked AND s.reserved > s.on_hand)
              OR m.ledger <> s.on_hand)
       ORDER BY s.item_id LIMIT ${batch + 1}`,
      [itemIds],
    );
    return found.map((item) => ({ ...item, problems: problems.filter((problem) => has[problem](item)) }));
  }

  private samples(): { labels: { problem: string }; value: number }[] {
    const found = this.lastFound;
    if (!found) return [];
    return problems.map((problem) => ({
      labels: { problem },
      value: found.filter((item) => item.problems.includes(problem)).length,
    }));
  }
}

const has: Record<Problem, (item: Comparison) => boolean> = {
  reserved: ({ reserved, held }) => reserved !== held,
  uncovered: ({ tracked, reserved, on_hand }) => reserved < 0 || (tracked && reserved > on_hand),
  ledger: ({ ledger, on_hand }) => ledger !== on_hand,
};

/** Where more is held than is there, somebody has to count. */
const isRepairable = ({ tracked, held, on_hand }: Finding): boolean => !tracked || held <= on_hand;
