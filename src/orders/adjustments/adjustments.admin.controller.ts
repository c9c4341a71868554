import { Body, Controller, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AgentId } from '../../access/caller.decorator.js';
import { RequireScope } from '../../access/scopes.js';
import { ApiAnswer, ApiErrors, ApiId, ApiOptionalKey } from '../../common/http/api-docs.js';
import type { Claim } from '../../idempotency/claim.js';
import { CurrentClaim, Idempotent } from '../../idempotency/idempotent.decorator.js';
import { RefundOrderDto } from '../order-actions.dto.js';
import { adjustmentSchema } from '../order.schemas.js';
import { adjustmentExamples, refundExample, returnExample } from '../orders.examples.js';
import { RefundOrderService } from '../refund-order.service.js';
import { AdjustmentDto } from './adjustment.dto.js';
import { OrderAdjustmentsService } from './order-adjustments.service.js';

/** What changes an order after it was placed. */
@ApiTags('Orders')
@ApiBearerAuth()
@RequireScope('admin')
@Controller('admin/orders/:id')
export class AdjustmentsAdminController {
  constructor(
    private readonly refunding: RefundOrderService,
    private readonly adjustments: OrderAdjustmentsService,
  ) {}

  @Post('refunds')
  @ApiId('Id of the order')
  @Idempotent({ keyOptional: true })
  @ApiOperation({ summary: 'Send money back through the payment provider' })
  @ApiBody({ type: RefundOrderDto, examples: adjustmentExamples.refunds })
  @ApiOptionalKey()
  @ApiAnswer(201, 'The adjustment; pending until the provider confirms', adjustmentSchema, refundExample)
  @ApiErrors(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)
  refund(
    @AgentId() actor: string,
    @Param('id') orderId: string,
    @CurrentClaim() claim: Claim,
    @Body() { amount, currency, line_items: lineItems, reason }: RefundOrderDto,
  ): Promise<void> {
    return this.refunding.refund({ orderId, amount, currency, lineItems, reason, actor }, claim);
  }

  @Post('adjustments')
  @ApiId('Id of the order')
  @Idempotent({ keyOptional: true })
  @ApiOperation({
    summary: 'Record a return, a cancellation of some pieces, an exchange, a credit or a price adjustment',
    description:
      'A return takes pieces that have left the shop from the order, a cancellation those that no fulfillment holds; ' +
      'the others change no quantity. No money moves: that is `/refunds`.',
  })
  @ApiBody({ type: AdjustmentDto, examples: adjustmentExamples.adjustments })
  @ApiOptionalKey()
  @ApiAnswer(201, 'The adjustment', adjustmentSchema, returnExample)
  @ApiErrors(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)
  adjust(
    @AgentId() actor: string,
    @Param('id') orderId: string,
    @CurrentClaim() claim: Claim,
    @Body() body: AdjustmentDto,
  ): Promise<void> {
    return this.adjustments.add(orderId, body, actor, claim);
  }
}
