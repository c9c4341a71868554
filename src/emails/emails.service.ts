import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import type { PageRequest } from '../common/paging.js';
import { Database, rows } from '../database/database.js';
import { newestFirst } from '../database/newest-first.js';
import type { Claim, Reply } from '../idempotency/claim.js';
import { QueueService } from '../queue/queue.service.js';
import { EmailMessage, type EmailState } from './email-message.entity.js';
import { emailErrors } from './emails.errors.js';
import { Mailer } from './mailer.js';

export interface EmailFilter {
  state?: EmailState;
  orderId?: string;
}

/** The merchant's view of e-mails. */
@Injectable()
export class EmailsService {
  constructor(
    private readonly db: Database,
    private readonly audit: AuditService,
    private readonly queue: QueueService,
    private readonly mailer: Mailer,
  ) {}

  async list(page: PageRequest, filter: EmailFilter): Promise<EmailMessage[]> {
    return newestFirst(this.db.repository(EmailMessage), page, filter);
  }

  /** Makes an e-mail due now, whatever became of it. One that was sent becomes another message for who receives it. */
  async resend(
    id: string,
    actor: string,
    claim: Claim,
    reply: (email: EmailMessage) => Reply,
  ): Promise<void> {
    if (!this.mailer.enabled) throw emailErrors.off();
    await this.db.transaction(async (tx) => {
      const emails = tx.getRepository(EmailMessage);
      const before = await emails.findOne({ where: { id }, lock: { mode: 'pessimistic_write' } });
      if (!before) throw emailErrors.notFound();
      await rows(
        tx,
        `UPDATE email_message SET state = 'pending', attempts = 0, next_at = now(), last_error = NULL, sent_at = NULL,
           edition = edition + CASE WHEN state = 'sent' THEN 1 ELSE 0 END
         WHERE id = $1`,
        [id],
      );
      const { state, attempts, lastError } = before;
      await this.audit.append(tx, {
        actor,
        action: 'email.resent',
        subject: id,
        before: { state, attempts, last_error: lastError },
        after: { state: 'pending', attempts: 0 },
      });
      await claim.finish(tx, reply(await emails.findOneByOrFail({ id })));
    });
    this.queue.wake('emails.send');
  }
}
