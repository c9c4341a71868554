import { Body, Controller, Get, Header, HttpCode, Param, Post, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { AgentOptions } from '../access/agents/agent-options.js';
import { AgentId, CallerOptions } from '../access/caller.decorator.js';
import { RequireScope } from '../access/scopes.js';
import { type CheckoutResult, CheckoutService } from '../checkout/checkout.service.js';
import { CompleteCheckoutService } from '../checkout/complete-checkout.service.js';
import { ApiAnswer, ApiErrors, ApiId, ApiRequiredKey } from '../common/http/api-docs.js';
import { currentVersion } from '../common/protocol-versions.js';
import type { Claim, Reply } from '../idempotency/claim.js';
import { CurrentClaim, Idempotent } from '../idempotency/idempotent.decorator.js';
import { ApiVersionGuard } from './api-version.guard.js';
import {
  CancelCheckoutSessionDto,
  CompleteCheckoutSessionDto,
  CreateCheckoutSessionDto,
  UpdateCheckoutSessionDto,
} from './checkout-session.dto.js';
import { sessionExamples } from './checkout-session.examples.js';
import { toChanges, toComplete, toCreate } from './checkout-session.request.js';
import { checkoutSessionSchema } from './checkout-session.schema.js';
import { checkoutSessionView } from './checkout-session.view.js';

const render =
  (status: number) =>
  (result: CheckoutResult): Reply => ({ status, body: checkoutSessionView(result) });

/** Some platforms want 201 once there is an order (ACP T9); what made none is 200 for everybody. */
const renderCompletion =
  ({ completeStatusCode }: AgentOptions) =>
  (result: CheckoutResult): Reply =>
    render(result.status === 'completed' ? completeStatusCode : 200)(result);

/** The five endpoints of the Agentic Commerce Protocol (ACP §1.1). */
@ApiTags('ACP checkout')
@ApiBearerAuth()
@ApiHeader({
  name: 'API-Version',
  required: true,
  schema: { type: 'string' },
  description: 'Version of the protocol that the request speaks',
  example: currentVersion,
})
@RequireScope('agent')
@UseGuards(ApiVersionGuard)
@Controller('checkout_sessions')
export class CheckoutSessionsController {
  constructor(
    private readonly checkout: CheckoutService,
    private readonly completion: CompleteCheckoutService,
  ) {}

  @Post()
  @Idempotent()
  @Header('Cache-Control', 'no-store')
  @Header('Content-Language', 'en')
  @ApiOperation({ summary: 'Create a checkout session' })
  @ApiRequiredKey()
  @ApiBody({ type: CreateCheckoutSessionDto, examples: sessionExamples.create })
  @ApiAnswer(201, 'The session, priced', checkoutSessionSchema, sessionExamples.ready)
  @ApiErrors(400, 401, 403, 409, 413, 415, 422, 429, 500, 503)
  create(
    @AgentId() agentId: string,
    @CurrentClaim() claim: Claim,
    @Body() dto: CreateCheckoutSessionDto,
  ): Promise<void> {
    return this.checkout.create(toCreate(agentId, dto), claim, render(201));
  }

  @Get(':id')
  @ApiId('Id of the session')
  @Header('Cache-Control', 'no-store')
  @Header('Content-Language', 'en')
  @ApiOperation({ summary: 'Read a checkout session; with its order once it is completed' })
  @ApiAnswer(200, 'The session as last priced', checkoutSessionSchema, sessionExamples.ready)
  @ApiErrors(400, 401, 403, 404, 429, 500, 503)
  async get(@AgentId() agentId: string, @Param('id') sessionId: string): Promise<unknown> {
    return checkoutSessionView(await this.checkout.get(agentId, sessionId));
  }

  @Post(':id')
  @ApiId('Id of the session')
  @HttpCode(200)
  @Idempotent()
  @Header('Cache-Control', 'no-store')
  @Header('Content-Language', 'en')
  @ApiOperation({ summary: 'Change a checkout session; absent members stay, null clears' })
  @ApiRequiredKey()
  @ApiBody({ type: UpdateCheckoutSessionDto, examples: sessionExamples.update })
  @ApiAnswer(200, 'The session, priced anew', checkoutSessionSchema, sessionExamples.ready)
  @ApiErrors(400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 503)
  update(
    @AgentId() agentId: string,
    @Param('id') sessionId: string,
    @CurrentClaim() claim: Claim,
    @Body() dto: UpdateCheckoutSessionDto,
  ): Promise<void> {
    return this.checkout.update({ agentId, sessionId, changes: toChanges(dto) }, claim, render(200));
  }

  @Post(':id/complete')
  @ApiId('Id of the session')
  @HttpCode(200)
  @Idempotent({ retentionHours: 168 })
  @Header('Cache-Control', 'no-store')
  @Header('Content-Language', 'en')
  @ApiOperation({ summary: 'Pay and order. However often it is sent, the buyer is charged once' })
  @ApiRequiredKey(', for a week')
  @ApiBody({ type: CompleteCheckoutSessionDto, examples: sessionExamples.complete })
  @ApiAnswer(
    200,
    'The completed session with its order (201 for an agent whose `completeStatusCode` says so); or the session ' +
      'with a message that says why not, and nothing charged',
    checkoutSessionSchema,
    sessionExamples.completed,
  )
  @ApiErrors(400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 503)
  complete(
    @AgentId() agentId: string,
    @Param('id') sessionId: string,
    @CurrentClaim() claim: Claim,
    @Body() dto: CompleteCheckoutSessionDto,
    @CallerOptions() options: AgentOptions,
  ): Promise<void> {
    return this.completion.complete(toComplete(agentId, sessionId, dto), claim, renderCompletion(options));
  }

  @Post(':id/cancel')
  @ApiId('Id of the session')
  @HttpCode(200)
  @Idempotent({ retentionHours: 168 })
  @Header('Cache-Control', 'no-store')
  @Header('Content-Language', 'en')
  @ApiOperation({ summary: 'Cancel a checkout session' })
  @ApiRequiredKey(', for a week')
  @ApiBody({ type: CancelCheckoutSessionDto, required: false, examples: sessionExamples.cancel })
  @ApiAnswer(200, 'The canceled session', checkoutSessionSchema, {
    ...sessionExamples.ready,
    status: 'canceled',
  })
  @ApiErrors(400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 503)
  cancel(
    @AgentId() agentId: string,
    @Param('id') sessionId: string,
    @CurrentClaim() claim: Claim,
    @Body() dto: CancelCheckoutSessionDto,
  ): Promise<void> {
    return this.checkout.cancel({ agentId, sessionId, reason: dto.intent_trace ?? null }, claim, render(200));
  }
}
