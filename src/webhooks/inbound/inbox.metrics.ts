import { Injectable } from '@nestjs/common';
import { Metrics } from '../../common/metrics.js';
import { InboxStore } from './inbox.store.js';

/** What can be seen of the inbox from outside. Types come from signed bodies only. */
@Injectable()
export class InboxMetrics {
  readonly received;
  readonly rejected;
  readonly duplicate;
  readonly unknown;
  readonly processed;

  constructor(metrics: Metrics, inbox: InboxStore) {
    this.received = metrics.counter(
      'webhook_inbound_received_total',
      'Provider webhooks whose signature was right and that were stored.',
      ['provider', 'type'],
    );
    this.rejected = metrics.counter(
      'webhook_inbound_rejected_total',
      'Provider webhooks that were not believed or could not be stored.',
      ['provider', 'reason'],
    );
    this.duplicate = metrics.counter(
      'webhook_inbound_duplicate_total',
      'Provider webhooks that had been stored before.',
      ['provider'],
    );
    this.unknown = metrics.counter(
      'webhook_inbound_unknown_total',
      'Stored provider webhooks of a type that nothing here knows.',
      ['provider', 'type'],
    );
    this.processed = metrics.counter(
      'webhook_inbound_processed_total',
      'What looking at provider webhooks came to.',
      ['provider', 'result'],
    );
    metrics.gauge(
      'webhook_inbound_oldest_unprocessed_seconds',
      'Age of the oldest provider webhook that is not finished; `waiting` ones are about something not here yet.',
      ['state'],
      async () => {
        const ages = new Map((await inbox.oldest()).map(({ state, seconds }) => [state, seconds]));
        return (['received', 'waiting'] as const).map((state) => ({
          labels: { state },
          value: ages.get(state) ?? 0,
        }));
      },
    );
  }
}
