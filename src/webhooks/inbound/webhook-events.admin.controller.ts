import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { AgentId } from '../../access/caller.decorator.js';
import { RequireScope } from '../../access/scopes.js';
import { apiErrors } from '../../common/api-error.js';
import { ApiAnswer, ApiErrors, ApiId, ApiOptionalKey, ApiPage } from '../../common/http/api-docs.js';
import { type Page, parsePageRequest, toPage } from '../../common/paging.js';
import type { Claim } from '../../idempotency/claim.js';
import { CurrentClaim, Idempotent } from '../../idempotency/idempotent.decorator.js';
import { eventSchema } from './inbound.schemas.js';
import { type WebhookEvent, webhookEventStates } from './webhook-event.entity.js';
import { type WebhookEventFilter, WebhookEventsService } from './webhook-events.service.js';

const eventExample = {
  id: 'whe_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
  provider: 'stripe',
  event_id: 'evt_1Q0PsIJvEtkwdCNYMSaVuRz6',
  type: 'payment_intent.succeeded',
  state: 'processed',
  result: 'applied',
  summary: { object: 'payment_intent', id: 'pi_123', status: 'succeeded', amount: 14464, currency: 'usd' },
  attempts: 1,
  last_error: null,
  received_at: '2026-11-22T12:00:00.000Z',
  processed_at: '2026-11-22T12:00:00.120Z',
  next_at: null,
};

/** What the payment providers told us, and what became of it. */
@ApiTags('Provider webhooks')
@ApiBearerAuth()
@RequireScope('admin')
@Controller('admin/webhook-events')
export class WebhookEventsAdminController {
  constructor(private readonly events: WebhookEventsService) {}

  @Get()
  @ApiOperation({ summary: 'List provider webhooks, newest first' })
  @ApiQuery({ name: 'provider', required: false, description: 'Of this provider, such as `stripe`' })
  @ApiQuery({
    name: 'type',
    required: false,
    description: 'Of this type, such as `payment_intent.succeeded`',
  })
  @ApiQuery({ name: 'state', required: false, enum: webhookEventStates, description: 'In this state' })
  @ApiPage('The webhooks', eventSchema, eventExample)
  @ApiErrors(400, 401, 403, 429, 503)
  async list(@Query() query: Record<string, unknown>): Promise<Page<object>> {
    const page = parsePageRequest(query);
    return toPage(await this.events.list(page, filterOf(query)), page.limit, view);
  }

  @Get(':id')
  @ApiId('Id of the stored webhook')
  @ApiOperation({ summary: 'One provider webhook' })
  @ApiAnswer(200, 'The webhook', eventSchema, eventExample)
  @ApiErrors(401, 403, 404, 429, 503)
  async get(@Param('id') id: string): Promise<object> {
    return view(await this.events.find(id));
  }

  @Post(':id/replay')
  @ApiId('Id of the stored webhook')
  @HttpCode(200)
  @Idempotent({ keyOptional: true })
  @ApiOperation({
    summary: 'Process a provider webhook again, whatever became of it',
    description:
      'The payment is fetched anew from the provider: what it is now counts, not what the webhook said.',
  })
  @ApiOptionalKey()
  @ApiAnswer(200, 'The webhook, to be processed', eventSchema, {
    ...eventExample,
    state: 'received',
    result: null,
    attempts: 0,
    processed_at: null,
    next_at: '2026-11-22T12:30:00.000Z',
  })
  @ApiErrors(400, 401, 403, 404, 409, 422, 429, 503)
  async replay(
    @Param('id') id: string,
    @AgentId() actor: string,
    @CurrentClaim() claim: Claim,
  ): Promise<void> {
    await this.events.replay(id, actor, claim, (event) => ({ status: 200, body: view(event) }));
  }
}

function filterOf({ provider, type, state }: Record<string, unknown>): WebhookEventFilter {
  const known = webhookEventStates.find((one) => one === state);
  if (state !== undefined && !known) {
    throw apiErrors.invalid('$.state', `state must be one of ${webhookEventStates.join(', ')}.`);
  }
  return { ...text('provider', provider), ...text('type', type), ...(known && { state: known }) };
}

function text(name: string, value: unknown): Record<string, string> {
  if (value === undefined) return {};
  if (typeof value !== 'string' || value.includes('\0')) {
    throw apiErrors.invalid(`$.${name}`, `${name} must be given once, as text.`);
  }
  return { [name]: value };
}

const view = (event: WebhookEvent): { id: string } & Record<string, unknown> => ({
  id: event.id,
  provider: event.provider,
  event_id: event.eventId,
  type: event.type,
  state: event.state,
  result: event.result,
  summary: event.summary,
  attempts: event.attempts,
  last_error: event.lastError,
  received_at: event.receivedAt,
  processed_at: event.processedAt,
  next_at: event.nextAt,
});
