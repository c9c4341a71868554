import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AgentId } from '../access/caller.decorator.js';
import { RequireScope } from '../access/scopes.js';
import { AuditService } from '../audit/audit.service.js';
import { ApiAnswer, ApiErrors, ApiId, ApiOptionalKey, ApiPage } from '../common/http/api-docs.js';
import { type Page, parsePageRequest, toPage } from '../common/paging.js';
import { Database } from '../database/database.js';
import type { Claim } from '../idempotency/claim.js';
import { CurrentClaim, Idempotent } from '../idempotency/idempotent.decorator.js';
import { CapturePaymentService } from '../orders/capture-payment.service.js';
import { paymentDetailSchema, paymentSchema } from './checkout.schemas.js';
import { type PaymentDetails, PaymentOverviewService } from './payment-overview.service.js';

const paymentExample = {
  id: 'pay_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
  provider: 'stripe',
  reference: 'pi_123',
  state: 'captured',
  amount: 14464,
  captured: 14464,
  refunded: 0,
  currency: 'usd',
  checkout_session_id: 'cs_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
  attempt: 1,
  instrument: { method: 'card', brand: 'visa', last4: '4242' },
  failure: null,
  needs_attention: false,
  created_at: '2026-11-22T12:00:00.000Z',
  updated_at: '2026-11-22T12:00:01.000Z',
};
const detailedExample = {
  ...paymentExample,
  history: [{ at: '2026-11-22T12:00:01Z', from: 'called', to: 'captured', by: 'agent' }],
  operations: [],
  disputes: [],
};

/** Attempts to take money, of all checkouts. */
@ApiTags('Payments')
@ApiBearerAuth()
@RequireScope('admin')
@Controller('admin/payments')
export class PaymentsAdminController {
  constructor(
    private readonly overview: PaymentOverviewService,
    private readonly capturing: CapturePaymentService,
    private readonly audit: AuditService,
    private readonly db: Database,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List payment attempts, newest first' })
  @ApiPage('The payments', paymentSchema, paymentExample)
  @ApiErrors(400, 401, 403, 429, 503)
  async list(@Query() query: Record<string, unknown>): Promise<Page<object>> {
    const page = parsePageRequest(query);
    return toPage(await this.overview.list(page), page.limit, ({ view }) => view);
  }

  @Get(':id')
  @ApiId('Id of the payment')
  @ApiOperation({ summary: 'One payment attempt with its history, refunds and disputes' })
  @ApiAnswer(200, 'The payment', paymentDetailSchema, detailedExample)
  @ApiErrors(401, 403, 404, 429, 503)
  get(@Param('id') id: string): Promise<object> {
    return this.overview.find(id);
  }

  @Post(':id/reconcile')
  @ApiId('Id of the payment')
  @HttpCode(200)
  @Idempotent({ keyOptional: true })
  @ApiOperation({ summary: 'Compare the payment with the provider now, and write what is true' })
  @ApiOptionalKey()
  @ApiAnswer(200, 'The payment', paymentDetailSchema, detailedExample)
  @ApiErrors(400, 401, 403, 404, 409, 422, 429, 503)
  async reconcile(
    @AgentId() actor: string,
    @Param('id') id: string,
    @CurrentClaim() claim: Claim,
  ): Promise<void> {
    const before = await this.overview.find(id);
    const body = await this.overview.reconcile(id);
    await this.db.transaction(async (tx) => {
      const action = 'payment.reconciled';
      await this.audit.append(tx, { actor, action, subject: id, before: money(before), after: money(body) });
      await claim.finish(tx, { status: 200, body });
    });
  }

  @Post(':id/capture')
  @ApiId('Id of the payment')
  @HttpCode(200)
  @Idempotent({ keyOptional: true })
  @ApiOperation({ summary: 'Take an authorized payment' })
  @ApiOptionalKey()
  @ApiAnswer(200, 'The payment', paymentDetailSchema, detailedExample)
  @ApiErrors(400, 401, 403, 404, 409, 422, 429, 503)
  capture(@AgentId() actor: string, @Param('id') id: string, @CurrentClaim() claim: Claim): Promise<void> {
    return this.capturing.capture(id, actor, claim, () => this.overview.find(id));
  }
}

const money = ({ state, captured, refunded }: PaymentDetails): object => ({ state, captured, refunded });
