import { ApiError } from '../common/api-error.js';
import type { Database } from '../database/database.js';
import { inBatches } from '../database/in-batches.js';
import type { EraseSubjectService } from '../privacy/erase-subject.service.js';
import { type Trim, tooOld } from './trim.js';

/** Orders that have not changed for so long and still tell who bought, be it by what the bank says of the payment. */
const oldOrders = `
  SELECT session_id AS "sessionId", id AS "orderId" FROM shop_order AS o
  WHERE created_at < ${tooOld('$1')} AND updated_at < ${tooOld('$1')} AND id <> ALL($3)
    AND (buyer IS NOT NULL OR destination IS NOT NULL OR notes IS NOT NULL
      OR EXISTS (SELECT 1 FROM payment_attempt WHERE id = o.payment_id AND erased_at IS NULL))
  ORDER BY created_at LIMIT $2`;

/** Sessions that stay because somebody tried to pay them, in a way that was not erased yet. */
const failedCheckouts = `
  SELECT id AS "sessionId", NULL AS "orderId" FROM checkout_session AS s
  WHERE state IN ('canceled', 'expired') AND updated_at < ${tooOld('$1')} AND id <> ALL($3)
    AND EXISTS (SELECT 1 FROM payment_attempt WHERE subject_id = s.id AND erased_at IS NULL)
  ORDER BY updated_at LIMIT $2`;

interface Found {
  sessionId: string;
  orderId: string | null;
}

/** Erases the people behind what is found. What cannot be erased yet, because its money is on the way, is left for the next time. */
const forgetting =
  (subjects: EraseSubjectService, find: string): Trim =>
  async (db: Database, days, stopping) => {
    const left: string[] = [];
    const found = await inBatches(
      100,
      async (size) => {
        const page = await db.query<Found>(find, [days, size, left]);
        for (const subject of page) {
          if (stopping()) break;
          try {
            await db.transaction((tx) => subjects.erase(tx, subject));
          } catch (error) {
            if (!(error instanceof ApiError)) throw error;
            left.push(subject.orderId ?? subject.sessionId);
          }
        }
        return page.length;
      },
      stopping,
    );
    return found - left.length;
  };

export const forgetBuyers = (subjects: EraseSubjectService): Trim => forgetting(subjects, oldOrders);

export const forgetFailedCheckouts = (subjects: EraseSubjectService): Trim =>
  forgetting(subjects, failedCheckouts);
