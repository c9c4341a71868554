import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { Metrics } from '../common/metrics.js';
import { Config } from '../config/config.js';
import { OnJob } from '../queue/on-job.decorator.js';
import { EmailRecorder } from './email.recorder.js';
import { secondsUntilNext } from './email.schedule.js';
import { type ClaimedEmail, EmailStore } from './email.store.js';
import { EmailWriter, type Letter, type SkipReason } from './email.writer.js';
import { mailConnections, Mailer } from './mailer.js';
import type { SmtpFailure } from './smtp-failure.js';

const batch = 30;

/** Sends what is due. The rows are the truth: what a dying process leaves behind is sent when its lease has run out. */
@Injectable()
export class EmailProcessor implements OnModuleDestroy {
  private readonly logger = new Logger('emails');
  private readonly count;
  private stopping = false;

  constructor(
    private readonly emails: EmailStore,
    private readonly writer: EmailWriter,
    private readonly mailer: Mailer,
    private readonly record: EmailRecorder,
    private readonly config: Config,
    metrics: Metrics,
  ) {
    this.count = metrics.counter('emails_total', 'What came of attempts to send e-mails.', [
      'kind',
      'outcome',
    ]);
  }

  onModuleDestroy(): void {
    this.stopping = true;
  }

  /** Until nothing is due, or the mail server takes nothing. */
  @OnJob('emails.send')
  async send(): Promise<void> {
    while (this.mailer.enabled && !this.stopping) {
      const claimedAt = performance.now();
      const claimed = await this.emails.claim(batch);
      if (claimed.length === 0 || !(await this.sendThese(claimed, claimedAt))) return;
    }
  }

  /** Nothing is begun that could outlast the lease, or once the server is down; what is left then is given back. */
  private async sendThese(waiting: ClaimedEmail[], claimedAt: number): Promise<boolean> {
    const { emailLeaseMs, emailTimeoutMs } = this.config.timings;
    const beginUntil = claimedAt + (emailLeaseMs - emailTimeoutMs) / 2;
    let serverUp = true;
    const worker = async (): Promise<void> => {
      while (serverUp && !this.stopping && performance.now() < beginUntil) {
        const email = waiting.shift();
        if (!email) return;
        serverUp = (await this.sendOne(email)) && serverUp;
      }
    };
    const ended = await Promise.allSettled(Array.from({ length: mailConnections }, worker));
    if (waiting.length > 0) await this.emails.release(waiting);
    const failed = ended.find((end) => end.status === 'rejected');
    if (failed) throw failed.reason;
    return serverUp;
  }

  /** False if the mail server would take no other one either. */
  private async sendOne(email: ClaimedEmail): Promise<boolean> {
    const letter = await this.write(email);
    if (letter === null) return this.failed(email, { error: 'unexpected', final: false, serverDown: false });
    if (typeof letter === 'string') {
      await this.emails.end(email, 'skipped', letter);
      this.tell('log', 'skipped', email, { reason: letter });
      return true;
    }
    const failure = await this.mailer.send(letter);
    if (failure) return this.failed(email, failure);
    await this.record.sent(email);
    this.tell('log', 'sent', email);
    return true;
  }

  /** Null if that fails: one e-mail that cannot be made must not keep back the others. */
  private async write(email: ClaimedEmail): Promise<Letter | SkipReason | null> {
    try {
      return await this.writer.write(email);
    } catch (error) {
      this.logger.error({ event: 'email.not_written', id: email.id, kind: email.kind, error });
      return null;
    }
  }

  private async failed(email: ClaimedEmail, { error, final, serverDown }: SmtpFailure): Promise<boolean> {
    const seconds = final ? null : secondsUntilNext(email.attempts);
    if (seconds === null) {
      await this.emails.end(email, 'dead', error);
      const hint = final
        ? 'the address or the message is refused for good; see GET /admin/emails'
        : 'the mail server took nothing for a day: check SMTP_URL, then resend';
      this.tell('error', 'dead', email, { error, hint });
    } else {
      await this.emails.putOff(email, seconds, error);
      this.tell('warn', 'put_off', email, { error, seconds: Math.round(seconds) });
    }
    return !serverDown;
  }

  private tell(
    level: 'log' | 'warn' | 'error',
    outcome: string,
    { id, orderId, kind, attempts }: ClaimedEmail,
    more: object = {},
  ): void {
    this.count({ kind, outcome });
    this.logger[level]({ event: `email.${outcome}`, id, orderId, kind, attempt: attempts, ...more });
  }
}
