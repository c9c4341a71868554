import { Body, Controller, HttpCode, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { AgentId } from '../access/caller.decorator.js';
import { RequireScope } from '../access/scopes.js';
import { ApiAnswer, ApiErrors, ApiOptionalKey, errorExample } from '../common/http/api-docs.js';
import type { Claim } from '../idempotency/claim.js';
import { CurrentClaim, Idempotent } from '../idempotency/idempotent.decorator.js';
import { parseDryRun } from '../settings/admin/settings.requests.js';
import { ErasePersonService } from './erase-person.service.js';
import { ExportPersonService } from './export-person.service.js';
import { PersonDto } from './privacy.dto.js';
import { privacyErrors } from './privacy.errors.js';
import { erasedExample, exportedExample, personExamples } from './privacy.examples.js';
import { erasedSchema, exportedSchema } from './privacy.schemas.js';

/** What a buyer may ask a shop for: a copy of what it keeps, and to be forgotten. */
@ApiTags('Privacy')
@ApiBearerAuth()
@RequireScope('admin')
@Controller('admin/privacy')
export class PrivacyAdminController {
  constructor(
    private readonly exporting: ExportPersonService,
    private readonly erasing: ErasePersonService,
  ) {}

  @Post('export')
  @HttpCode(200)
  @Idempotent({ keyOptional: true, secretReply: true })
  @ApiOperation({
    summary: 'Everything that is kept of a person, by e-mail',
    description:
      'Sessions and orders that name the e-mail, as buyer or as recipient, with all that hangs on them: payments, events, ' +
      'webhooks in both directions, stored replies. What an order says of another person is left out, and so are secrets.',
  })
  @ApiOptionalKey()
  @ApiBody({ type: PersonDto, examples: personExamples })
  @ApiAnswer(200, 'What is kept', exportedSchema, exportedExample)
  @ApiErrors(400, 401, 403, 409, 413, 415, 422, 429, 503)
  export(
    @AgentId() actor: string,
    @CurrentClaim() claim: Claim,
    @Body() { email }: PersonDto,
  ): Promise<void> {
    return this.exporting.export(email, actor, claim);
  }

  @Post('erase')
  @HttpCode(200)
  @Idempotent({ keyOptional: true })
  @ApiOperation({
    summary: 'Forget a person, by e-mail',
    description:
      'Everything that `export` shows of them is gone when this is answered; amounts, lines, ids, states and times stay. ' +
      'The answer names the orders of which something is still to be shipped (their address is gone too), and the ' +
      'payments by which the providers know the person in records of their own: ask there. Sent again it finishes what a ' +
      'crash has interrupted, and else erases nothing more.',
  })
  @ApiOptionalKey()
  @ApiQuery({
    name: 'dry_run',
    required: false,
    schema: { type: 'boolean', default: false },
    description: 'Changes nothing and answers what would be changed',
  })
  @ApiBody({ type: PersonDto, examples: personExamples })
  @ApiAnswer(200, 'Rows that were changed, by table', erasedSchema, erasedExample)
  @ApiErrors(400, 401, 403, 409, 413, 415, 422, 429, 503)
  @ApiResponse(
    errorExample(
      'A payment or a refund is under way; `Retry-After` says when to send the same again, which does the rest',
      privacyErrors.paymentUnderWay(['cs_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1']),
    ),
  )
  erase(
    @AgentId() actor: string,
    @CurrentClaim() claim: Claim,
    @Query() query: Record<string, unknown>,
    @Body() { email }: PersonDto,
  ): Promise<void> {
    return this.erasing.erase(email, { actor, dryRun: parseDryRun(query) }, claim);
  }
}
