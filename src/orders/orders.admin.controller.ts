import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { AgentId } from '../access/caller.decorator.js';
import { RequireScope } from '../access/scopes.js';
import { ApiErrors } from '../common/http/api-docs.js';
import { type Page, parsePageRequest, toPage } from '../common/paging.js';
import type { Claim } from '../idempotency/claim.js';
import { CurrentClaim, Idempotent } from '../idempotency/idempotent.decorator.js';
import { CancelOrderService } from './cancel-order.service.js';
import { OrderFilters } from './list/order-filters.docs.js';
import { CancelOrderDto, OrderStatusDto, ReviewOrderDto } from './order-actions.dto.js';
import { OrderStatusService } from './order-status.service.js';
import { orderErrors } from './orders.errors.js';
import { canceledExample, onHoldExample, orderExample } from './orders.examples.js';
import { OrdersOverviewService } from './orders-overview.service.js';

/** The merchant's look at orders of all agents: the protocol's order and what only the merchant should see. */
@ApiTags('Admin: orders')
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
  @ApiQuery({ name: 'limit', required: false, example: 20 })
  @ApiQuery({ name: 'cursor', required: false, description: '`next_cursor` of the page before' })
  @OrderFilters()
  @ApiResponse({ status: 200, schema: { example: { data: [orderExample], next_cursor: null } } })
  @ApiErrors(400, 401, 403, 429, 503)
  async list(@Query() query: Record<string, unknown>): Promise<Page<object>> {
    const page = parsePageRequest(query);
    return toPage(await this.overview.list(page, query), page.limit, ({ view }) => view);
  }

  @Get(':id')
  @ApiOperation({ summary: 'One order with its payment' })
  @ApiResponse({ status: 200, schema: { example: orderExample } })
  @ApiErrors(401, 403, 404, 429, 503)
  async get(@Param('id') id: string): Promise<object> {
    const view = await this.overview.find(id);
    if (!view) throw orderErrors.notFound();
    return view;
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @Idempotent({ keyOptional: true })
  @ApiOperation({
    summary: 'Cancel an order of which nothing was shipped; the stock is back at once, the money goes back',
    description:
      'A payment that is only authorized is let go, one that was taken is refunded as far as it is not yet. If the ' +
      'provider refuses that, the order stays canceled and `needs_review` is set. Once something was shipped: 409 ' +
      '`order_shipped`; refund it then, or record a return.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  @ApiResponse({ status: 200, schema: { example: canceledExample } })
  @ApiErrors(400, 401, 403, 404, 409, 422, 429, 503)
  cancel(
    @AgentId() actor: string,
    @Param('id') orderId: string,
    @CurrentClaim() claim: Claim,
    @Body() { reason }: CancelOrderDto,
  ): Promise<void> {
    return this.canceling.cancel({ orderId, reason, actor }, claim);
  }

  @Post(':id/status')
  @HttpCode(200)
  @Idempotent({ keyOptional: true })
  @ApiOperation({
    summary: 'Set the merchant status by hand',
    description:
      'One of the setting `orders.statusMap`. It stays until a payment, fulfillment, return or cancellation leads to ' +
      'another one. `on_hold` asks for a review. Never to `canceled` (that is `/cancel`), and never out of it.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  @ApiResponse({ status: 200, schema: { example: onHoldExample } })
  @ApiErrors(400, 401, 403, 404, 409, 422, 429, 503)
  setStatus(
    @AgentId() actor: string,
    @Param('id') orderId: string,
    @CurrentClaim() claim: Claim,
    @Body() { status }: OrderStatusDto,
  ): Promise<void> {
    return this.status.set(orderId, status, actor, claim);
  }

  @Post(':id/review')
  @HttpCode(200)
  @Idempotent({ keyOptional: true })
  @ApiOperation({
    summary: 'Approve an order that needs review, or reject it: canceled, with the money returned',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  @ApiResponse({ status: 200, schema: { example: orderExample } })
  @ApiErrors(400, 401, 403, 404, 409, 422, 429, 503)
  review(
    @AgentId() actor: string,
    @Param('id') orderId: string,
    @CurrentClaim() claim: Claim,
    @Body() body: ReviewOrderDto,
  ): Promise<void> {
    return this.status.review(orderId, body, actor, claim);
  }
}
