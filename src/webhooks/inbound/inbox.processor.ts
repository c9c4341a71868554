import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { type Applied, PaymentFactsService } from '../../checkout/payment-facts.service.js';
import { sqlState } from '../../common/database-errors.js';
import { within } from '../../common/pause.js';
import { Config } from '../../config/config.js';
import { ProviderUnavailable } from '../../payments/providers/payment-provider.js';
import { OnJob } from '../../queue/on-job.decorator.js';
import { InboxMetrics } from './inbox.metrics.js';
import { waitAfter } from './inbox.schedule.js';
import { type DueGroup, InboxStore, withoutLooking } from './inbox.store.js';
import type { WebhookEventResult } from './webhook-event.entity.js';

const batch = 100;
const parallel = 8;

/** Acts on stored webhooks: each is only a hint to fetch the object it is about and to apply what it is now. */
@Injectable()
export class InboxProcessor implements OnModuleDestroy {
  private readonly logger = new Logger('webhooks');
  private stopping = false;

  constructor(
    private readonly inbox: InboxStore,
    private readonly facts: PaymentFactsService,
    private readonly metrics: InboxMetrics,
    private readonly config: Config,
  ) {}

  onModuleDestroy(): void {
    this.stopping = true;
  }

  /** Works off what is due, batch after batch, until nothing is. */
  @OnJob('webhooks.process')
  async process(): Promise<void> {
    while (!this.stopping) {
      const claimedAt = performance.now();
      const groups = await this.inbox.claim(batch);
      if (groups.length === 0) return;
      await this.workOff(groups, claimedAt);
    }
  }

  /** Nothing is begun that could outlast the lease; what is left then is given back. */
  private async workOff(groups: DueGroup[], claimedAt: number): Promise<void> {
    const { inboxLeaseMs, inboxDeadlineMs } = this.config.timings;
    const beginUntil = claimedAt + inboxLeaseMs - inboxDeadlineMs;
    const worker = async (): Promise<void> => {
      while (!this.stopping && performance.now() < beginUntil) {
        const group = groups.shift();
        if (!group) return;
        await this.work(group);
      }
    };
    const ended = await Promise.allSettled(Array.from({ length: parallel }, worker));
    if (groups.length > 0) await this.inbox.release(groups);
    const failed = ended.find((end) => end.status === 'rejected');
    if (failed) throw failed.reason;
  }

  private async work(group: DueGroup): Promise<void> {
    if (!group.about) return this.finish(group, 'ignored', withoutLooking(group.known));
    let applied: Applied;
    try {
      applied = await this.look(group.provider, group.about);
    } catch (error) {
      return this.putOff(group, 'received', error);
    }
    switch (applied) {
      case 'applied':
        return this.finish(group, 'processed', 'applied');
      case 'foreign':
        return this.finish(group, 'ignored', 'foreign');
      case 'waiting':
        return this.putOff(group, 'waiting', null);
      case 'undecided':
        return this.putOff(group, 'received', new Undecided());
    }
  }

  private async look(provider: string, about: NonNullable<DueGroup['about']>): Promise<Applied> {
    const late = Symbol('late');
    const looking = this.facts.sync(provider, about, 'webhook');
    const applied = await within(looking, this.config.timings.inboxDeadlineMs, late);
    if (typeof applied === 'symbol') throw new ProviderUnavailable('the look at the provider took too long');
    return applied;
  }

  private async finish(
    group: DueGroup,
    state: 'processed' | 'ignored',
    result: WebhookEventResult,
  ): Promise<void> {
    const ids = await this.inbox.finish(group, state, result);
    this.count(group.provider, result, ids);
    this.logger.log({ event: 'webhook.finished', ids, provider: group.provider, ...group.about, result });
  }

  /** Asks again later; what was asked often and long enough is left to a person. */
  private async putOff(group: DueGroup, state: 'received' | 'waiting', error: unknown): Promise<void> {
    const whenOver = state === 'waiting' ? 'never_appeared' : 'gave_up';
    const { again, over } = await this.inbox.putOff(group, {
      state,
      waitMs: waitAfter(group.attempts),
      error: state === 'waiting' ? null : classOf(error),
      whenOver,
    });
    const about = { provider: group.provider, ...group.about, attempts: group.attempts };
    this.count(group.provider, state === 'waiting' ? 'waiting' : 'retried', again);
    if (again.length > 0 && state === 'received')
      this.logger.warn({ event: 'webhook.put_off', ids: again, ...about, error });
    this.count(group.provider, whenOver, over);
    if (over.length > 0) {
      const hint = 'compare the payment with the provider, then replay the event';
      this.logger.error({ event: 'webhook.failed', ids: over, ...about, result: whenOver, error, hint });
    }
  }

  private count(provider: string, result: string, ids: string[]): void {
    for (const _ of ids) this.metrics.processed({ provider, result });
  }
}

/** The payment is known, and what becomes of it depends on what is still under way. */
class Undecided extends Error {}

/** Short, and nothing of what was in it: messages may quote what people typed. */
function classOf(error: unknown): string {
  const name = error instanceof Error ? error.constructor.name : 'not an Error';
  return [name, sqlState(error)].filter(Boolean).join(' ').slice(0, 100);
}
