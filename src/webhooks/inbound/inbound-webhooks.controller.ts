import { Controller, HttpCode, Param, Post, Req } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../../access/scopes.js';
import { ApiAnswer, ApiErrors, ApiId } from '../../common/http/api-docs.js';
import { TakesRawBody } from '../../common/http/json-body.interceptor.js';
import { flag, shape } from '../../common/http/schema.js';
import { ReceiveWebhookService } from './receive-webhook.service.js';
import type { WebhookRequest } from './webhook-body.js';

const eventExample = {
  id: 'evt_1Q0PsIJvEtkwdCNYMSaVuRz6',
  object: 'event',
  created: 1795348800,
  type: 'payment_intent.succeeded',
  data: {
    object: { id: 'pi_123', object: 'payment_intent', status: 'succeeded', amount: 14464, currency: 'usd' },
  },
};

/** Where the payment providers tell what happened. The signature is the credential. */
@ApiTags('Provider callbacks')
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
  @ApiId('Code of the provider', 'stripe', 'provider')
  @ApiBody({
    description: 'The event as the provider signed it',
    schema: { type: 'object', example: eventExample },
  })
  @ApiAnswer(200, 'It is stored', shape('Received', { received: flag('Always true') }), { received: true })
  @ApiErrors(400, 404, 413, 429, 503)
  async receive(
    @Param('provider') provider: string,
    @Req() request: WebhookRequest,
  ): Promise<{ received: true }> {
    await this.webhooks.receive(provider, request);
    return { received: true };
  }
}
