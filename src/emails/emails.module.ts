import { Module } from '@nestjs/common';
import { OrdersModule } from '../orders/orders.module.js';
import { OutboxModule } from '../outbox/outbox.module.js';
import { EmailProcessor } from './email.processor.js';
import { EmailRecorder } from './email.recorder.js';
import { EmailStore } from './email.store.js';
import { EmailSubscriber } from './email.subscriber.js';
import { EmailWriter } from './email.writer.js';
import { EmailsAdminController } from './emails.admin.controller.js';
import { EmailsService } from './emails.service.js';
import { Mailer } from './mailer.js';

/** What buyers are told by e-mail, where there is a mail server. */
@Module({
  imports: [OrdersModule, OutboxModule],
  controllers: [EmailsAdminController],
  providers: [EmailSubscriber, EmailStore, EmailWriter, EmailProcessor, EmailRecorder, EmailsService, Mailer],
})
export class EmailsModule {}
