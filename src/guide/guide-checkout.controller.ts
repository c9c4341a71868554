import { Body, Controller, Header, HttpCode, Param, Patch, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { AgentId } from '../access/caller.decorator.js';
import { RequireScope } from '../access/scopes.js';
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
  description: 'Wins over `idempotency_key`; one of the two is required',
  example: 'buy-1',
};
const summary = { ...summarySchema, example: guideExamples.summary };
const confirmed = { ...confirmationSchema, example: guideExamples.confirmed };

/** The checkout for agents that call the shop through three tools. */
@ApiTags('Guide: checkout')
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
  @ApiResponse({ status: 201, description: 'The checkout', schema: summary })
  @GuideErrors(400, 401, 403, 409, 413, 415, 422, 429, 500, 503)
  create(
    @AgentId() agentId: string,
    @CurrentClaim() claim: Claim,
    @Body() dto: CreateGuideCheckoutDto,
  ): Promise<void> {
    return this.checkout.create(agentId, dto, claim);
  }

  @Patch(':id/update')
  @Idempotent({ keyMember, keyOptional: true })
  @Header('Cache-Control', 'no-store')
  @ApiOperation({ summary: 'Change items, address or shipping; what is absent stays' })
  @ApiHeader({ ...keyHeader, description: 'Optional; wins over `idempotency_key`' })
  @ApiBody({ type: UpdateGuideCheckoutDto, examples: guideExamples.update })
  @ApiResponse({ status: 200, description: 'The checkout, priced anew', schema: summary })
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
  @HttpCode(200)
  @Idempotent({ keyMember, retentionHours: 168 })
  @Header('Cache-Control', 'no-store')
  @ApiOperation({
    summary: 'Pay and order. However often it is sent with one key, the buyer is charged once',
  })
  @ApiHeader(keyHeader)
  @ApiBody({ type: CompleteGuideCheckoutDto, examples: guideExamples.complete })
  @ApiResponse({ status: 200, description: 'Paid: the order', schema: confirmed })
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
