import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { AgentId } from '../../../access/caller.decorator.js';
import { RequireScope } from '../../../access/scopes.js';
import { ApiAnswer, ApiErrors, ApiId, ApiOptionalKey, ApiPage } from '../../../common/http/api-docs.js';
import { type Page, parsePageRequest, toPage } from '../../../common/paging.js';
import type { Claim } from '../../../idempotency/claim.js';
import { CurrentClaim, Idempotent } from '../../../idempotency/idempotent.decorator.js';
import {
  deliveryDetailSchema,
  endpointSchema,
  newEndpointSchema,
  newSecretSchema,
  webhookPreviewSchema,
} from '../outbound.schemas.js';
import { deliveryDetailExample } from '../deliveries/webhook-delivery.examples.js';
import { PreviewWebhookService } from './preview-webhook.service.js';
import { RotateSecretService } from './rotate-secret.service.js';
import { TestEndpointService } from './test-endpoint.service.js';
import {
  ChangeWebhookEndpointDto,
  CreateWebhookEndpointDto,
  PreviewWebhookDto,
  RotateSecretDto,
} from './webhook-endpoint.dto.js';
import {
  endpointExample,
  endpointRequests,
  previewExample,
  secretExample,
} from './webhook-endpoint.examples.js';
import type { EndpointView } from './webhook-endpoint.view.js';
import { WebhookEndpointsService } from './webhook-endpoints.service.js';

/** Where events of orders go: the platforms of agents, and the merchant's own systems. */
@ApiTags('Outgoing webhooks')
@ApiBearerAuth()
@RequireScope('admin')
@Controller('admin/webhook-endpoints')
export class WebhookEndpointsAdminController {
  constructor(
    private readonly endpoints: WebhookEndpointsService,
    private readonly secrets: RotateSecretService,
    private readonly previews: PreviewWebhookService,
    private readonly tests: TestEndpointService,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List webhook endpoints, newest first' })
  @ApiPage('The endpoints', endpointSchema, endpointExample)
  @ApiErrors(400, 401, 403, 429, 503)
  async list(@Query() query: Record<string, unknown>): Promise<Page<EndpointView>> {
    const page = parsePageRequest(query);
    return toPage(await this.endpoints.list(page), page.limit, (endpoint) => this.endpoints.view(endpoint));
  }

  @Post()
  @Idempotent({ keyOptional: true, secretReply: true })
  @ApiOperation({ summary: 'Add a webhook endpoint; its secret is shown in this reply only' })
  @ApiBody({ type: CreateWebhookEndpointDto, examples: endpointRequests.create })
  @ApiOptionalKey()
  @ApiAnswer(201, 'The endpoint', newEndpointSchema, { ...endpointExample, secret: secretExample })
  @ApiErrors(400, 401, 403, 409, 413, 415, 422, 429, 503)
  create(
    @AgentId() actor: string,
    @CurrentClaim() claim: Claim,
    @Body() wanted: CreateWebhookEndpointDto,
  ): Promise<void> {
    return this.endpoints.create(wanted, actor, claim);
  }

  @Get(':id')
  @ApiId('Id of the endpoint', 'wep_000000000000000000000000sandboxagent')
  @ApiOperation({ summary: 'One webhook endpoint' })
  @ApiAnswer(200, 'The endpoint', endpointSchema, endpointExample)
  @ApiErrors(401, 403, 404, 429, 503)
  async get(@Param('id') id: string): Promise<EndpointView> {
    return this.endpoints.view(await this.endpoints.find(id));
  }

  @Patch(':id')
  @ApiId('Id of the endpoint', 'wep_000000000000000000000000sandboxagent')
  @ApiOperation({
    summary: 'Change a webhook endpoint: what is absent stays, null clears',
    description:
      'To enable one that was disabled begins anew; what it missed while it was disabled is sent by `recover`.',
  })
  @ApiBody({ type: ChangeWebhookEndpointDto, examples: endpointRequests.change })
  @ApiAnswer(200, 'The endpoint', endpointSchema, endpointExample)
  @ApiErrors(400, 401, 403, 404, 413, 415, 429, 503)
  async change(
    @AgentId() actor: string,
    @Param('id') id: string,
    @Body() wanted: ChangeWebhookEndpointDto,
  ): Promise<EndpointView> {
    return this.endpoints.view(await this.endpoints.change(id, wanted, actor));
  }

  @Delete(':id')
  @ApiId('Id of the endpoint', 'wep_000000000000000000000000sandboxagent')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete a webhook endpoint and call off what was still to be sent to it' })
  @ApiResponse({ status: 204, description: 'Deleted' })
  @ApiErrors(401, 403, 404, 429, 503)
  remove(@AgentId() actor: string, @Param('id') id: string): Promise<void> {
    return this.endpoints.remove(id, actor);
  }

  @Post(':id/rotate-secret')
  @ApiId('Id of the endpoint', 'wep_000000000000000000000000sandboxagent')
  @HttpCode(200)
  @Idempotent({ keyOptional: true, secretReply: true })
  @ApiOperation({
    summary: 'Give a webhook endpoint a new secret, shown in this reply only',
    description:
      'At once, or after `overlap_seconds`: until then the old secret signs on, and the signature of the new one ' +
      'travels in `<signature header>-Next`, for the receiver to try.',
  })
  @ApiBody({ type: RotateSecretDto, examples: endpointRequests.rotate })
  @ApiOptionalKey()
  @ApiAnswer(200, 'The new secret', newSecretSchema, { secret: secretExample })
  @ApiErrors(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)
  rotate(
    @AgentId() actor: string,
    @Param('id') id: string,
    @CurrentClaim() claim: Claim,
    @Body() wanted: RotateSecretDto,
  ): Promise<void> {
    return this.secrets.rotate(id, wanted, actor, claim);
  }

  @Post(':id/preview')
  @ApiId('Id of the endpoint', 'wep_000000000000000000000000sandboxagent')
  @HttpCode(200)
  @Idempotent({ keyOptional: true })
  @ApiOperation({
    summary: 'What a webhook endpoint would be sent: the exact body, signed as of now',
    description: 'Of the newest event of an order, or of a sample order. Nothing is sent.',
  })
  @ApiBody({ type: PreviewWebhookDto, examples: endpointRequests.preview })
  @ApiOptionalKey()
  @ApiAnswer(200, 'What would be sent', webhookPreviewSchema, previewExample)
  @ApiErrors(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)
  async preview(
    @Param('id') id: string,
    @CurrentClaim() claim: Claim,
    @Body() { order_id: orderId }: PreviewWebhookDto,
  ): Promise<void> {
    await this.previews.preview(await this.endpoints.find(id), orderId ?? null, claim);
  }

  @Post(':id/test')
  @ApiId('Id of the endpoint', 'wep_000000000000000000000000sandboxagent')
  @HttpCode(200)
  @Idempotent({ keyOptional: true })
  @ApiOperation({
    summary: 'Send a webhook endpoint a sample order, once and now, even if it is disabled',
    description: 'Answers with the delivery; whether it arrived is in its `state` and its attempt.',
  })
  @ApiOptionalKey()
  @ApiAnswer(200, 'The delivery', deliveryDetailSchema, deliveryDetailExample)
  @ApiErrors(400, 401, 403, 404, 409, 422, 429, 503)
  async test(@Param('id') id: string, @AgentId() actor: string, @CurrentClaim() claim: Claim): Promise<void> {
    await this.tests.test(await this.endpoints.findCallable(id), actor, claim);
  }
}
