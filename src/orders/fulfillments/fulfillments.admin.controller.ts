import { Body, Controller, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AgentId } from '../../access/caller.decorator.js';
import { RequireScope } from '../../access/scopes.js';
import { ApiAnswer, ApiErrors, ApiId, ApiOptionalKey } from '../../common/http/api-docs.js';
import type { Claim } from '../../idempotency/claim.js';
import { CurrentClaim, Idempotent } from '../../idempotency/idempotent.decorator.js';
import { fulfillmentSchema } from '../order.schemas.js';
import { fulfillmentExample, fulfillmentExamples } from '../orders.examples.js';
import { FulfillmentDto, FulfillmentEventDto } from './fulfillment.dto.js';
import { OrderFulfillmentsService } from './order-fulfillments.service.js';

/** How an order gets to the buyer: parcels, pickups and downloads. */
@ApiTags('Orders')
@ApiBearerAuth()
@RequireScope('admin')
@Controller('admin/orders/:id/fulfillments')
export class FulfillmentsAdminController {
  constructor(private readonly fulfillments: OrderFulfillmentsService) {}

  @Post()
  @ApiId('Id of the order')
  @Idempotent({ keyOptional: true })
  @ApiOperation({
    summary: 'Begin to fulfil some pieces of an order',
    description:
      'At most what no other fulfillment holds; one that failed or was canceled holds nothing. It is `pending` until ' +
      'events say more; a digital one with `digital_delivery` is `delivered` at once.',
  })
  @ApiBody({ type: FulfillmentDto, examples: fulfillmentExamples.create })
  @ApiOptionalKey()
  @ApiAnswer(201, 'The fulfillment', fulfillmentSchema, {
    ...fulfillmentExample,
    status: 'pending',
    events: [],
  })
  @ApiErrors(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)
  add(
    @AgentId() actor: string,
    @Param('id') orderId: string,
    @CurrentClaim() claim: Claim,
    @Body() body: FulfillmentDto,
  ): Promise<void> {
    return this.fulfillments.add(orderId, body, actor, claim);
  }

  @Post(':fid/events')
  @ApiId('Id of the order')
  @ApiId('Id of the fulfillment', undefined, 'fid')
  @Idempotent({ keyOptional: true })
  @ApiOperation({
    summary: 'Record what happened to a fulfillment',
    description:
      'Its status follows from its events, in the order they are recorded in. `undeliverable`, `returned_to_sender` ' +
      'and `canceled` give its pieces back to the order, to be fulfilled anew.',
  })
  @ApiBody({ type: FulfillmentEventDto, examples: fulfillmentExamples.events })
  @ApiOptionalKey()
  @ApiAnswer(201, 'The fulfillment', fulfillmentSchema, fulfillmentExample)
  @ApiErrors(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)
  record(
    @AgentId() actor: string,
    @Param('id') orderId: string,
    @Param('fid') fulfillmentId: string,
    @CurrentClaim() claim: Claim,
    @Body() body: FulfillmentEventDto,
  ): Promise<void> {
    return this.fulfillments.record(orderId, fulfillmentId, body, actor, claim);
  }
}
