import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { AgentId } from '../../../access/caller.decorator.js';
import { RequireScope } from '../../../access/scopes.js';
import { apiErrors } from '../../../common/api-error.js';
import { ApiAnswer, ApiErrors, ApiId, ApiOptionalKey, ApiPage } from '../../../common/http/api-docs.js';
import { type Page, parsePageRequest, toPage } from '../../../common/paging.js';
import type { Claim } from '../../../idempotency/claim.js';
import { CurrentClaim, Idempotent } from '../../../idempotency/idempotent.decorator.js';
import { deliveryDetailSchema, deliverySchema } from '../outbound.schemas.js';
import { type DeliveryFilter, WebhookDeliveriesService } from './webhook-deliveries.service.js';
import { deliveryStates } from './webhook-delivery.entity.js';
import { deliveryDetailExample, deliveryExample } from './webhook-delivery.examples.js';
import { deliveryView } from './webhook-delivery.view.js';

/** What was sent to the agents' platforms, and how that went. */
@ApiTags('Outgoing webhooks')
@ApiBearerAuth()
@RequireScope('admin')
@Controller('admin/webhook-deliveries')
export class WebhookDeliveriesAdminController {
  constructor(private readonly deliveries: WebhookDeliveriesService) {}

  @Get()
  @ApiOperation({
    summary: 'List deliveries, newest first',
    description: '`state=dead` is the dead letters: given up, to be replayed once the receiver is well.',
  })
  @ApiQuery({ name: 'endpoint_id', required: false, description: 'To this endpoint' })
  @ApiQuery({ name: 'order_id', required: false, description: 'About this order' })
  @ApiQuery({ name: 'event_id', required: false, description: 'Of this event' })
  @ApiQuery({ name: 'state', required: false, enum: deliveryStates, description: 'In this state' })
  @ApiPage('The deliveries', deliverySchema, deliveryExample)
  @ApiErrors(400, 401, 403, 429, 503)
  async list(@Query() query: Record<string, unknown>): Promise<Page<object>> {
    const page = parsePageRequest(query);
    return toPage(await this.deliveries.list(page, filterOf(query)), page.limit, deliveryView);
  }

  @Get(':id')
  @ApiId('Id of the delivery')
  @ApiOperation({ summary: 'One delivery: the exact body and every attempt' })
  @ApiAnswer(200, 'The delivery', deliveryDetailSchema, deliveryDetailExample)
  @ApiErrors(401, 403, 404, 429, 503)
  get(@Param('id') id: string): Promise<object> {
    return this.deliveries.show(id);
  }

  @Post(':id/replay')
  @ApiId('Id of the delivery')
  @HttpCode(200)
  @Idempotent({ keyOptional: true })
  @ApiOperation({
    summary: 'Send a delivery again, whatever became of it',
    description:
      'The same bytes and the same Request-Id, freshly signed, with the whole retry schedule before it. ' +
      'An update that is older than one already delivered arrives after it: X-Order-Sequence tells.',
  })
  @ApiOptionalKey()
  @ApiAnswer(200, 'The delivery, to be sent', deliverySchema, {
    ...deliveryExample,
    state: 'pending',
    attempt_count: 0,
    ended_at: null,
  })
  @ApiErrors(400, 401, 403, 404, 409, 422, 429, 503)
  replay(@Param('id') id: string, @AgentId() actor: string, @CurrentClaim() claim: Claim): Promise<void> {
    return this.deliveries.replay(id, actor, claim);
  }
}

const filters = { endpoint_id: 'endpointId', order_id: 'orderId', event_id: 'eventId' } as const;

function filterOf(query: Record<string, unknown>): DeliveryFilter {
  const { state } = query;
  const known = deliveryStates.find((one) => one === state);
  if (state !== undefined && !known) {
    throw apiErrors.invalid('$.state', `state must be one of ${deliveryStates.join(', ')}.`);
  }
  const filter: DeliveryFilter = known ? { state: known } : {};
  for (const [name, member] of Object.entries(filters)) {
    const value = query[name];
    if (value === undefined) continue;
    if (typeof value !== 'string' || value.includes('\0')) {
      throw apiErrors.invalid(`$.${name}`, `${name} must be given once, as text.`);
    }
    filter[member] = value;
  }
  return filter;
}
