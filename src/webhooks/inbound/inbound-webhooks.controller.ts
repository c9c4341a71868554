import { Controller, HttpCode, Param, Post, Req } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Public } from '../../access/scopes.js';
import { ApiErrors } from '../../common/http/api-docs.js';
import { TakesRawBody } from '../../common/http/json-body.interceptor.js';
import { ReceiveWebhookService } from './receive-webhook.service.js';
import type { WebhookRequest } from './webhook-body.js';

/** Where the payment providers tell what happened. The signature is the credential. */
@ApiTags('Provider webhooks')
@Public()
@Controller('webhooks')
export class InboundWebhooksController {
  constructor(private readonly webhooks: ReceiveWebhookService) {}

  @Post(':provider')
  @HttpCode(200)
  @TakesRawBody()
  @ApiOperation({
    summary: 'A webhook of a payment provider',
    description:
      'Enter this address in the dashboard of the provider. The event is stored before it is answered and acted on ' +
      'afterwards; one that comes twice is stored once.',
  })
  @ApiParam({ name: 'provider', schema: { type: 'string' }, example: 'stripe' })
  @ApiBody({
    description: 'The event as the provider signed it',
    schema: { type: 'object', example: { id: 'evt_123', object: 'event', type: 'payment_intent.succeeded' } },
  })
  @ApiResponse({ status: 200, schema: { example: { received: true } } })
  @ApiErrors(400, 404, 503)
  async receive(
    @Param('provider') provider: string,
    @Req() request: WebhookRequest,
  ): Promise<{ received: true }> {
    await this.webhooks.receive(provider, request);
    return { received: true };
  }
}
