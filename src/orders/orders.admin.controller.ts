import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../access/scopes.js';
import { apiErrors } from '../common/api-error.js';
import { ApiErrors } from '../common/http/api-docs.js';
import { type Page, parsePageRequest, toPage } from '../common/paging.js';
import { AttemptStore } from '../payments/attempt.store.js';
import type { PaymentAttempt } from '../payments/payment-attempt.entity.js';
import type { Order } from './order.entity.js';
import type { OrderView } from './order.view.js';
import { OrdersService } from './orders.service.js';

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

/** The merchant's look at orders of all agents: the protocol's order and what only the merchant should see. */
@ApiTags('Admin: orders')
@ApiBearerAuth()
@RequireScope('admin')
@Controller('admin/orders')
export class OrdersAdminController {
  constructor(
    private readonly orders: OrdersService,
    private readonly attempts: AttemptStore,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List orders, newest first' })
  @ApiQuery({ name: 'limit', required: false, example: 20 })
  @ApiQuery({ name: 'cursor', required: false, description: '`next_cursor` of the page before' })
  @ApiResponse({ status: 200, schema: { example: { data: [orderExample], next_cursor: null } } })
  @ApiErrors(400, 401, 403, 429, 503)
  async list(@Query() query: Record<string, unknown>): Promise<Page<object>> {
    const page = parsePageRequest(query);
    const found = await this.orders.list(page);
    const payments = await this.attempts.findAll(found.flatMap(({ order }) => order.paymentId ?? []));
    return toPage(found, page.limit, ({ order, view }) =>
      adminView(order, view, payments.get(order.paymentId ?? '')),
    );
  }

  @Get(':id')
  @ApiOperation({ summary: 'One order with its payment' })
  @ApiResponse({ status: 200, schema: { example: orderExample } })
  @ApiErrors(401, 403, 404, 429, 503)
  async get(@Param('id') id: string): Promise<object> {
    const found = await this.orders.find(id);
    if (!found) throw apiErrors.notFound('The order');
    const { order, view } = found;
    const payment = order.paymentId === null ? null : await this.attempts.find(order.paymentId);
    return adminView(order, view, payment);
  }
}

function adminView(order: Order, view: OrderView, payment: PaymentAttempt | null | undefined): object {
  return {
    ...view,
    merchant_status: order.merchantStatus,
    needs_review: order.needsReview,
    disputes: [],
    payment: payment ? paymentView(payment) : null,
    buyer: order.buyer,
    agent_id: order.agentId,
    currency: order.currency,
    created_at: order.createdAt,
  };
}

const paymentView = ({ id, provider, reference, state, amount, currency }: PaymentAttempt): object => ({
  id,
  provider,
  reference,
  state,
  amount,
  captured: state === 'captured' ? amount : 0,
  refunded: 0,
  currency,
});
