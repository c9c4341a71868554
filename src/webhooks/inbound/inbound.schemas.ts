import { count, instant, open, orNull, shape, text, word } from '../../common/http/schema.js';
import { webhookEventStates } from './webhook-event.entity.js';

/** A provider's webhook as the documentation describes it. */
export const eventSchema = shape('ProviderWebhook', {
  id: text('Id of the stored webhook'),
  provider: text('Code of the payment provider'),
  event_id: text('The provider’s id of the event: the same however often it is delivered'),
  type: text('What happened, in the provider’s words'),
  state: word(
    '`waiting`: about something that is not here yet; `processed`: what the provider has is what we have; ' +
      '`failed`: given up, for a person',
    webhookEventStates,
  ),
  result: orNull(text('What became of it; null as long as nothing did')),
  summary: open('Ids, states and amounts of it'),
  attempts: count('How often it was tried'),
  last_error: orNull(text('What kind of failure the last one was')),
  received_at: instant('When it came'),
  processed_at: orNull(instant('When it was done with')),
  next_at: orNull(instant('When it is tried next; null once there is nothing more to do')),
});
