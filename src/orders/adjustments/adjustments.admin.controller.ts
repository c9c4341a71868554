import { Body, Controller, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { AgentId } from '../../access/caller.decorator.js';
import { RequireScope } from '../../access/scopes.js';
import { ApiErrors } from '../../common/http/api-docs.js';
import type { Claim } from '../../idempotency/claim.js';
import { CurrentClaim, Idempotent } from '../../idempotency/idempotent.decorator.js';
import { RefundOrderDto } from '../order-actions.dto.js';
import { refundExample, returnExample } from '../orders.examples.js';
import { RefundOrderService } from '../refund-order.service.js';
import { AdjustmentDto } from './adjustment.dto.js';
import { OrderAdjustmentsService } from './order-adjustments.service.js';

/** What changes an order after it was placed. */
@ApiTags('Admin: orders')
@ApiBearerAuth()
@RequireScope('admin')
@Controller('admin/orders/:id')
export class AdjustmentsAdminController {
  constructor(
    private readonly refunding: RefundOrderService,
    private readonly adjustments: OrderAdjustmentsService,
  ) {}

  @Post('refunds')
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
    @Body() { amount, currency, line_items: lineItems, reason }: RefundOrderDto,
  ): Promise<void> {
    return this.refunding.refund({ orderId, amount, currency, lineItems, reason, actor }, claim);
  }

  @Post('adjustments')
  @Idempotent({ keyOptional: true })
  @ApiOperation({
    summary: 'Record a return, a cancellation of some pieces, an exchange, a credit or a price adjustment',
    description:
      'A return takes pieces that have left the shop from the order, a cancellation those that no fulfillment holds; ' +
      'the others change no quantity. No money moves: that is `/refunds`.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  @ApiResponse({ status: 201, description: 'The adjustment', schema: { example: returnExample } })
  @ApiErrors(400, 401, 403, 404, 409, 422, 429, 503)
  adjust(
    @AgentId() actor: string,
    @Param('id') orderId: string,
    @CurrentClaim() claim: Claim,
    @Body() body: AdjustmentDto,
  ): Promise<void> {
    return this.adjustments.add(orderId, body, actor, claim);
  }
}
