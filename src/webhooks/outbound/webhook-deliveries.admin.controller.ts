import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { AgentId } from '../../access/caller.decorator.js';
import { RequireScope } from '../../access/scopes.js';
import { apiErrors } from '../../common/api-error.js';
import { ApiErrors } from '../../common/http/api-docs.js';
import { type Page, parsePageRequest, toPage } from '../../common/paging.js';
import type { Claim } from '../../idempotency/claim.js';
import { CurrentClaim, Idempotent } from '../../idempotency/idempotent.decorator.js';
import { deliveryDetailExample, deliveryExample } from './webhook-delivery.examples.js';
import { deliveryStates } from './webhook-delivery.entity.js';
import { deliveryView } from './webhook-delivery.view.js';
import { type DeliveryFilter, WebhookDeliveriesService } from './webhook-deliveries.service.js';

/** What was sent to the agents' platforms, and how that went. */
@ApiTags('Admin: outgoing webhooks')
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
  @ApiQuery({ name: 'limit', required: false, example: 20 })
  @ApiQuery({ name: 'cursor', required: false, description: '`next_cursor` of the page before' })
  @ApiQuery({ name: 'endpoint_id', required: false })
  @ApiQuery({ name: 'order_id', required: false })
  @ApiQuery({ name: 'event_id', required: false })
  @ApiQuery({ name: 'state', required: false, enum: deliveryStates })
  @ApiResponse({ status: 200, schema: { example: { data: [deliveryExample], next_cursor: null } } })
  @ApiErrors(400, 401, 403, 429, 503)
  async list(@Query() query: Record<string, unknown>): Promise<Page<object>> {
    const page = parsePageRequest(query);
    return toPage(await this.deliveries.list(page, filterOf(query)), page.limit, deliveryView);
  }

  @Get(':id')
  @ApiOperation({ summary: 'One delivery: the exact body and every attempt' })
  @ApiResponse({ status: 200, schema: { example: deliveryDetailExample } })
  @ApiErrors(401, 403, 404, 429, 503)
  get(@Param('id') id: string): Promise<object> {
    return this.deliveries.show(id);
  }

  @Post(':id/replay')
  @HttpCode(200)
  @Idempotent({ keyOptional: true })
  @ApiOperation({
    summary: 'Send a delivery again, whatever became of it',
    description:
      'The same bytes and the same Request-Id, freshly signed, with the whole retry schedule before it. ' +
      'An update that is older than one already delivered arrives after it: X-Order-Sequence tells.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  @ApiResponse({
    status: 200,
    schema: { example: { ...deliveryExample, state: 'pending', attempt_count: 0, ended_at: null } },
  })
  @ApiErrors(401, 403, 404, 409, 422, 429, 503)
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
