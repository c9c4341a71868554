import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { Database } from '../database/database.js';
import type { Claim } from '../idempotency/claim.js';
import { AttemptStore } from '../payments/attempt.store.js';
import { MerchantRequestsService } from './merchant-requests.service.js';
import { orderErrors } from './orders.errors.js';

@Injectable()
export class CapturePaymentService {
  constructor(
    private readonly db: Database,
    private readonly requests: MerchantRequestsService,
    private readonly attempts: AttemptStore,
    private readonly audit: AuditService,
  ) {}

  /** Takes an authorized payment. `view` shows it afterwards. */
  async capture(paymentId: string, actor: string, claim: Claim, view: () => Promise<object>): Promise<void> {
    const operationId =
      (await this.requests.begun(claim)) ??
      (await this.db.transaction(async (tx) => {
        const attempt = await this.attempts.lockIfThere(tx, paymentId);
        if (!attempt) throw orderErrors.paymentNotFound();
        if (attempt.state !== 'authorized') throw orderErrors.notAuthorized(attempt.state);
        const { amount } = attempt;
        const wanted = { amount, reason: 'captured' };
        const operation = await this.requests.insert(tx, 'capture', attempt, claim, wanted);
        await this.audit.append(tx, {
          actor,
          action: 'payment.captured',
          subject: paymentId,
          before: { state: attempt.state },
          after: { capture: operation.id, amount },
        });
        return operation.id;
      }));
    const operation = await this.requests.run(operationId);
    if (operation.state === 'failed') throw orderErrors.refusedByProvider('capture', operation.failure);
    const body = await view();
    await this.db.transaction((tx) => claim.finish(tx, { status: 200, body }));
  }
}
