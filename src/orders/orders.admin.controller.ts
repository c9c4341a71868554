import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AgentId } from '../access/caller.decorator.js';
import { RequireScope } from '../access/scopes.js';
import { ApiAnswer, ApiErrors, ApiId, ApiOptionalKey, ApiPage } from '../common/http/api-docs.js';
import { type Page, parsePageRequest, toPage } from '../common/paging.js';
import type { Claim } from '../idempotency/claim.js';
import { CurrentClaim, Idempotent } from '../idempotency/idempotent.decorator.js';
import { CancelOrderService } from './cancel-order.service.js';
import { OrderFilters } from './list/order-filters.docs.js';
import { CancelOrderDto, OrderStatusDto, ReviewOrderDto } from './order-actions.dto.js';
import { OrderStatusService } from './order-status.service.js';
import { merchantOrderSchema } from './order.schemas.js';
import { OrdersOverviewService } from './orders-overview.service.js';
import { orderErrors } from './orders.errors.js';
import { canceledExample, onHoldExample, orderExample } from './orders.examples.js';

/** The merchant's look at orders of all agents: the protocol's order and what only the merchant should see. */
@ApiTags('Orders')
@ApiBearerAuth()
@RequireScope('admin')
@Controller('admin/orders')
export class OrdersAdminController {
  constructor(
    private readonly overview: OrdersOverviewService,
    private readonly canceling: CancelOrderService,
    private readonly status: OrderStatusService,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List orders, newest first' })
  @OrderFilters()
  @ApiPage('The orders', merchantOrderSchema, orderExample)
  @ApiErrors(400, 401, 403, 429, 503)
  async list(@Query() query: Record<string, unknown>): Promise<Page<object>> {
    const page = parsePageRequest(query);
    return toPage(await this.overview.list(page, query), page.limit, ({ view }) => view);
  }

  @Get(':id')
  @ApiId('Id of the order')
  @ApiOperation({ summary: 'One order with its payment' })
  @ApiAnswer(200, 'The order', merchantOrderSchema, orderExample)
  @ApiErrors(401, 403, 404, 429, 503)
  async get(@Param('id') id: string): Promise<object> {
    const view = await this.overview.find(id);
    if (!view) throw orderErrors.notFound();
    return view;
  }

  @Post(':id/cancel')
  @ApiId('Id of the order')
  @HttpCode(200)
  @Idempotent({ keyOptional: true })
  @ApiOperation({
    summary: 'Cancel an order of which nothing was shipped; the stock is back at once, the money goes back',
    description:
      'A payment that is only authorized is let go, one that was taken is refunded as far as it is not yet. If the ' +
      'provider refuses that, the order stays canceled and `needs_review` is set. Once something was shipped: 409 ' +
      '`order_shipped`; refund it then, or record a return.',
  })
  @ApiBody({ type: CancelOrderDto, examples: { 'a reason': { value: { reason: 'cannot be delivered' } } } })
  @ApiOptionalKey()
  @ApiAnswer(200, 'The order', merchantOrderSchema, canceledExample)
  @ApiErrors(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)
  cancel(
    @AgentId() actor: string,
    @Param('id') orderId: string,
    @CurrentClaim() claim: Claim,
    @Body() { reason }: CancelOrderDto,
  ): Promise<void> {
    return this.canceling.cancel({ orderId, reason, actor }, claim);
  }

  @Post(':id/status')
  @ApiId('Id of the order')
  @HttpCode(200)
  @Idempotent({ keyOptional: true })
  @ApiOperation({
    summary: 'Set the merchant status by hand',
    description:
      'One of the setting `orders.statusMap`. It stays until a payment, fulfillment, return or cancellation leads to ' +
      'another one. `on_hold` asks for a review. Never to `canceled` (that is `/cancel`), and never out of it.',
  })
  @ApiBody({
    type: OrderStatusDto,
    examples: {
      'being packed': { value: { status: 'packing' } },
      'to be looked at': { value: { status: 'on_hold' } },
    },
  })
  @ApiOptionalKey()
  @ApiAnswer(200, 'The order', merchantOrderSchema, onHoldExample)
  @ApiErrors(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)
  setStatus(
    @AgentId() actor: string,
    @Param('id') orderId: string,
    @CurrentClaim() claim: Claim,
    @Body() { status }: OrderStatusDto,
  ): Promise<void> {
    return this.status.set(orderId, status, actor, claim);
  }

  @Post(':id/review')
  @ApiId('Id of the order')
  @HttpCode(200)
  @Idempotent({ keyOptional: true })
  @ApiOperation({
    summary: 'Approve an order that needs review, or reject it: canceled, with the money returned',
  })
  @ApiBody({
    type: ReviewOrderDto,
    examples: {
      'all is well': { value: { decision: 'approve' } },
      'not this one': { value: { decision: 'reject', reason: 'the address does not exist' } },
    },
  })
  @ApiOptionalKey()
  @ApiAnswer(200, 'The order', merchantOrderSchema, orderExample)
  @ApiErrors(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)
  review(
    @AgentId() actor: string,
    @Param('id') orderId: string,
    @CurrentClaim() claim: Claim,
    @Body() body: ReviewOrderDto,
  ): Promise<void> {
    return this.status.review(orderId, body, actor, claim);
  }
}
