import { Controller, Get, HttpCode, Post, Query, Req } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiHeader,
  ApiOperation,
  ApiQuery,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { Request } from 'express';
import { AgentId } from '../../access/caller.decorator.js';
import { Public, RequireScope } from '../../access/scopes.js';
import { apiErrors } from '../../common/api-error.js';
import { ApiAnswer, ApiErrors, errorExample } from '../../common/http/api-docs.js';
import { TakesRawBody } from '../../common/http/json-body.interceptor.js';
import { flag, instant, list, open, shape, text } from '../../common/http/schema.js';
import { agentReceiverErrors } from './agent-receiver.errors.js';
import { AgentReceiverService, type ReceivedWebhook } from './agent-receiver.service.js';

const bodyExample =
  '{"type":"order_create","data":{"type":"order","id":"ord_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1"}}';

const receivedSchema = shape('ReceivedWebhooks', {
  data: list(
    'The webhooks',
    shape('ReceivedWebhook', {
      received_at: instant('When it came'),
      headers: open('Its headers, names in lower case'),
      body: text('The body as it came'),
      verified: flag('Whether the signature was right'),
    }),
  ),
});

/** An agent's platform for those who have none: the sandbox's own agent is told of its orders here. */
@ApiTags('Sandbox')
@Controller('sandbox/agent/webhooks')
export class AgentReceiverController {
  constructor(private readonly receiver: AgentReceiverService) {}

  @Post()
  @HttpCode(200)
  @Public()
  @TakesRawBody()
  @ApiOperation({
    summary: "Receive a webhook as the sandbox's agent",
    description:
      'The signature is the credential, made with the secret `whsec_agent_sandbox`. What comes is kept.',
  })
  @ApiHeader({
    name: 'Merchant-Signature',
    required: true,
    schema: { type: 'string' },
    description: '`t=<unix seconds>,v1=<hex HMAC-SHA256 of t.body>`',
  })
  @ApiBody({ schema: { type: 'object', example: JSON.parse(bodyExample) as object } })
  @ApiAnswer(200, 'It is kept', shape('Kept', { received: flag('Always true') }), { received: true })
  @ApiResponse(
    errorExample(
      'The signature is missing, wrong or old; the webhook is kept all the same',
      agentReceiverErrors.signature(),
    ),
  )
  @ApiErrors(413)
  async receive(@Req() request: Request): Promise<{ received: true }> {
    await this.receiver.receive(request.headers, bytesOf(request));
    return { received: true };
  }

  @Get()
  @ApiBearerAuth()
  @RequireScope('agent')
  @ApiOperation({
    summary: "What the sandbox's agent has received, the oldest first",
    description: 'Of all that is kept the newest. Another agent sees nothing.',
  })
  @ApiQuery({
    name: 'limit',
    required: false,
    schema: { type: 'integer', minimum: 1, maximum: 10_000, default: 1000 },
    description: 'At most so many',
  })
  @ApiQuery({ name: 'order_id', required: false, description: 'Only those with this in the body' })
  @ApiAnswer(200, 'What was received', receivedSchema, {
    data: [
      {
        received_at: '2026-11-22T12:00:00.000Z',
        headers: { 'merchant-signature': 't=1795363200,v1=...', 'request-id': 'evt_...' },
        body: bodyExample,
        verified: true,
      },
    ],
  })
  @ApiErrors(400, 401, 403, 429)
  async list(
    @AgentId() agentId: string,
    @Query() query: Record<string, unknown>,
  ): Promise<{ data: object[] }> {
    const received = await this.receiver.list(agentId, wishesOf(query));
    return { data: received.map(view) };
  }
}

/** Without a body there is nothing to read. */
const bytesOf = ({ body }: Request): Buffer => (Buffer.isBuffer(body) ? body : Buffer.alloc(0));

function wishesOf({ limit = '1000', order_id: orderId }: Record<string, unknown>) {
  if (typeof limit !== 'string' || !/^[1-9]\d{0,4}$/.test(limit) || Number(limit) > 10_000)
    throw apiErrors.invalid('$.limit', 'limit must be a whole number from 1 to 10000.');
  if (orderId !== undefined && (typeof orderId !== 'string' || orderId.includes('\0')))
    throw apiErrors.invalid('$.order_id', 'order_id must be given once, as text.');
  return { limit: Number(limit), orderId };
}

const view = ({ receivedAt, ...received }: ReceivedWebhook): object => ({
  received_at: receivedAt,
  ...received,
});
