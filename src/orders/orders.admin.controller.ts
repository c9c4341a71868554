import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { AgentId } from '../access/caller.decorator.js';
import { RequireScope } from '../access/scopes.js';
import { ApiErrors } from '../common/http/api-docs.js';
import { type Page, parsePageRequest, toPage } from '../common/paging.js';
import type { Claim } from '../idempotency/claim.js';
import { CurrentClaim, Idempotent } from '../idempotency/idempotent.decorator.js';
import { CancelOrderDto, RefundOrderDto } from './order-actions.dto.js';
import { CancelOrderService } from './cancel-order.service.js';
import { RefundOrderService } from './refund-order.service.js';
import { orderErrors } from './orders.errors.js';
import { OrdersOverviewService } from './orders-overview.service.js';

const orderExample = {
  type: 'order',
  id: 'ord_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
  checkout_session_id: 'cs_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
  order_number: '1001',
  status: 'confirmed',
  merchant_status: 'paid',
  needs_review: false,
  disputes: [],
  payment: {
    id: 'pay_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
    provider: 'stripe',
    reference: 'pi_123',
    state: 'captured',
    amount: 14464,
    captured: 14464,
    refunded: 0,
    currency: 'usd',
  },
  totals: [{ type: 'total', display_text: 'Total', amount: 14464 }],
  currency: 'usd',
  created_at: '2026-11-22T12:00:00.000Z',
};

const refundExample = {
  id: 'adj_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
  type: 'refund',
  occurred_at: '2026-11-22T12:30:00.000Z',
  status: 'completed',
  amount: 500,
  currency: 'usd',
  reason: 'damaged on arrival',
};

/** The merchant's look at orders of all agents: the protocol's order and what only the merchant should see. */
@ApiTags('Admin: orders')
@ApiBearerAuth()
@RequireScope('admin')
@Controller('admin/orders')
export class OrdersAdminController {
  constructor(
    private readonly overview: OrdersOverviewService,
    private readonly refunding: RefundOrderService,
    private readonly canceling: CancelOrderService,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List orders, newest first' })
  @ApiQuery({ name: 'limit', required: false, example: 20 })
  @ApiQuery({ name: 'cursor', required: false, description: '`next_cursor` of the page before' })
  @ApiResponse({ status: 200, schema: { example: { data: [orderExample], next_cursor: null } } })
  @ApiErrors(400, 401, 403, 429, 503)
  async list(@Query() query: Record<string, unknown>): Promise<Page<object>> {
    const page = parsePageRequest(query);
    return toPage(await this.overview.list(page), page.limit, ({ view }) => view);
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

  @Post(':id/refunds')
  @Idempotent({ keyOptional: true })
  @ApiOperation({ summary: 'Send money back through the payment provider' })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  @ApiResponse({
    status: 201,
    description: 'The adjustment; pending until the provider confirms',
    schema: { example: refundExample },
  })
  @ApiErrors(400, 401, 403, 404, 409, 422, 429, 503)
  refund(
    @AgentId() actor: string,
    @Param('id') orderId: string,
    @CurrentClaim() claim: Claim,
    @Body() { amount, line_items: lineItems, reason }: RefundOrderDto,
  ): Promise<void> {
    return this.refunding.refund({ orderId, amount, lineItems, reason, actor }, claim);
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @Idempotent({ keyOptional: true })
  @ApiOperation({
    summary: 'Cancel an order whose payment is not captured; the money is let go, the stock comes back',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  @ApiResponse({
    status: 200,
    schema: { example: { ...orderExample, status: 'canceled', merchant_status: 'canceled' } },
  })
  @ApiErrors(400, 401, 403, 404, 409, 422, 429, 503)
  cancel(
    @AgentId() actor: string,
    @Param('id') orderId: string,
    @CurrentClaim() claim: Claim,
    @Body() { reason }: CancelOrderDto,
  ): Promise<void> {
    return this.canceling.cancel(orderId, reason, actor, claim);
  }
}
