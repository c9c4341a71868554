import { Injectable } from '@nestjs/common';
import { Config } from '../../../config/config.js';
import { rows, type Tx } from '../../../database/database.js';
import type { Verdict } from '../deliveries/delivery.schedule.js';
import type { WebhookEndpoint } from './webhook-endpoint.entity.js';

/** Failures in a row after which an endpoint rests before it is tried again, and then with one delivery at a time. */
export const failuresUntilRest = 10;
const restSeconds = 60;

const reasons = { gone: 'It answered 410 Gone.', failing: 'It has only failed for days.' };

/** How an endpoint has been answering: it rests when it is down, and is disabled when it stays so. */
@Injectable()
export class EndpointHealth {
  constructor(private readonly config: Config) {}

  /**
   * Returns why the endpoint was disabled, if it was. One success is enough to be well again. How an address answered
   * says nothing of the one that has taken its place meanwhile.
   */
  async write(
    tx: Tx,
    { id, url }: Pick<WebhookEndpoint, 'id' | 'url'>,
    sent: { verdict: Verdict }[],
  ): Promise<string | null> {
    if (sent.length === 0) return null;
    if (sent.some(({ verdict }) => verdict.next === 'delivered')) {
      await tx.query(
        `UPDATE webhook_endpoint SET consecutive_failures = 0, failing_since = NULL, resting_until = NULL
         WHERE id = $1 AND url = $2 AND consecutive_failures > 0`,
        [id, url],
      );
      return null;
    }
    const gone = sent.some(({ verdict }) => verdict.next === 'dead' && verdict.gone);
    const { deliverSecondMs, endpointFailingMs } = this.config.timings;
    const [before] = await rows<{ wasEnabled: boolean; isEnabled: boolean; reason: string | null }>(
      tx,
      `WITH judged AS (
         SELECT id, enabled AS was_enabled,
           CASE WHEN $3::boolean THEN $6 WHEN failing_since < now() - $5 * interval '1 ms' AND consecutive_failures + $2 >= ${failuresUntilRest} THEN $7
           END AS reason
         FROM webhook_endpoint WHERE id = $1 AND url = $8 FOR NO KEY UPDATE)
       UPDATE webhook_endpoint AS e SET
         consecutive_failures = consecutive_failures + $2,
         failing_since = coalesce(failing_since, now()),
         resting_until = CASE WHEN consecutive_failures + $2 >= ${failuresUntilRest} THEN now() + $4 * interval '1 ms' END,
         enabled = e.enabled AND judged.reason IS NULL,
         disabled_at = CASE WHEN e.enabled AND judged.reason IS NOT NULL THEN now() ELSE disabled_at END,
         disabled_reason = CASE WHEN e.enabled AND judged.reason IS NOT NULL THEN judged.reason ELSE disabled_reason END
       FROM judged WHERE e.id = judged.id
       RETURNING judged.was_enabled AS "wasEnabled", e.enabled AS "isEnabled", judged.reason`,
      [
        id,
        sent.length,
        gone,
        restSeconds * deliverSecondMs,
        endpointFailingMs,
        reasons.gone,
        reasons.failing,
        url,
      ],
    );
    return before?.wasEnabled && !before.isEnabled ? before.reason : null;
  }
}
