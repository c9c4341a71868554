import { Body, Controller, Header, HttpCode, Param, Patch, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AgentId } from '../access/caller.decorator.js';
import { RequireScope } from '../access/scopes.js';
import { ApiAnswer, ApiId, ApiOptionalKey, freshKey } from '../common/http/api-docs.js';
import type { Claim } from '../idempotency/claim.js';
import { CurrentClaim, Idempotent } from '../idempotency/idempotent.decorator.js';
import {
  CompleteGuideCheckoutDto,
  CreateGuideCheckoutDto,
  UpdateGuideCheckoutDto,
} from './guide-checkout.dto.js';
import { guideExamples } from './guide-checkout.examples.js';
import { GuideCheckoutService } from './guide-checkout.service.js';
import { confirmationSchema, GuideErrors, summarySchema } from './guide.schemas.js';

const keyMember = 'idempotency_key';
const keyHeader = {
  name: 'Idempotency-Key',
  required: false,
  schema: { type: 'string' as const, maxLength: 255 },
  description: `Wins over \`idempotency_key\`; one of the two is required. On this page \`${freshKey}\` becomes another key with every press`,
  example: freshKey,
};

/** The checkout for agents that call the shop through three tools. */
@ApiTags('Guide checkout')
@ApiBearerAuth()
@RequireScope('agent')
@Controller('acp/checkout')
export class GuideCheckoutController {
  constructor(private readonly checkout: GuideCheckoutService) {}

  @Post('create')
  @Idempotent({ keyMember })
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Start a checkout: prices, shipping, tax and total to read to the buyer' })
  @ApiHeader(keyHeader)
  @ApiBody({ type: CreateGuideCheckoutDto, examples: guideExamples.create })
  @ApiAnswer(201, 'The checkout', summarySchema, guideExamples.summary)
  @GuideErrors(400, 401, 403, 409, 413, 415, 422, 429, 500, 503)
  create(
    @AgentId() agentId: string,
    @CurrentClaim() claim: Claim,
    @Body() dto: CreateGuideCheckoutDto,
  ): Promise<void> {
    return this.checkout.create(agentId, dto, claim);
  }

  @Patch(':id/update')
  @ApiId('Id of the checkout')
  @Idempotent({ keyMember, keyOptional: true })
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Change items, address or shipping; what is absent stays' })
  @ApiOptionalKey()
  @ApiBody({ type: UpdateGuideCheckoutDto, examples: guideExamples.update })
  @ApiAnswer(200, 'The checkout, priced anew', summarySchema, guideExamples.summary)
  @GuideErrors(400, 401, 403, 404, 409, 410, 413, 415, 422, 429, 500, 503)
  update(
    @AgentId() agentId: string,
    @Param('id') sessionId: string,
    @CurrentClaim() claim: Claim,
    @Body() dto: UpdateGuideCheckoutDto,
  ): Promise<void> {
    return this.checkout.update(agentId, sessionId, dto, claim);
  }

  @Post(':id/complete')
  @ApiId('Id of the checkout')
  @HttpCode(200)
  @Idempotent({ keyMember, retentionHours: 168 })
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    summary: 'Pay and order. However often it is sent with one key, the buyer is charged once',
  })
  @ApiHeader(keyHeader)
  @ApiBody({ type: CompleteGuideCheckoutDto, examples: guideExamples.complete })
  @ApiAnswer(200, 'Paid: the order', confirmationSchema, guideExamples.confirmed)
  @GuideErrors(400, 401, 402, 403, 404, 409, 410, 413, 415, 422, 429, 500, 503)
  complete(
    @AgentId() agentId: string,
    @Param('id') sessionId: string,
    @CurrentClaim() claim: Claim,
    @Body() dto: CompleteGuideCheckoutDto,
  ): Promise<void> {
    return this.checkout.complete(agentId, sessionId, dto, claim);
  }
}
