import { Body, Controller, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { IsString, Matches } from 'class-validator';
import { AgentId } from '../access/caller.decorator.js';
import { RequireScope } from '../access/scopes.js';
import { AuditService } from '../audit/audit.service.js';
import { apiErrors } from '../common/api-error.js';
import { ApiAnswer, ApiErrors, ApiId, ApiOptionalKey } from '../common/http/api-docs.js';
import { instant, shape, text } from '../common/http/schema.js';
import { Database } from '../database/database.js';
import type { Claim } from '../idempotency/claim.js';
import { CurrentClaim, Idempotent } from '../idempotency/idempotent.decorator.js';
import { ProviderRegistry } from './providers/provider-registry.js';
import { SavedTokensService } from './saved-tokens.service.js';

const savedTokenSchema = shape('SavedToken', {
  id: text('Id of the registration'),
  provider: text('Code of the payment provider'),
  last4: text('The end of the token'),
  created_at: instant('When it was registered'),
});

export class RegisterSavedTokenDto {
  @ApiProperty({ example: 'razorpay', description: 'Code of the payment provider that keeps it' })
  @IsString()
  provider: string;

  @ApiProperty({ example: 'token_simSuccess', description: 'Kept as a hash only' })
  @Matches(/^token_[A-Za-z0-9]{1,40}$/)
  token: string;

  @ApiProperty({ example: 'cust_1', description: 'The provider’s id of the customer it belongs to' })
  @Matches(/^cust_[A-Za-z0-9]{1,40}$/)
  customer_id: string;
}

/** Which saved payment methods an agent may charge: whoever knows a token could otherwise charge its owner. */
@ApiTags('Agents')
@ApiBearerAuth()
@RequireScope('admin')
@Controller('admin/agents')
export class SavedTokensAdminController {
  constructor(
    private readonly savedTokens: SavedTokensService,
    private readonly providers: ProviderRegistry,
    private readonly audit: AuditService,
    private readonly db: Database,
  ) {}

  @Post(':id/saved-tokens')
  @ApiId('Id of the agent')
  @Idempotent({ keyOptional: true })
  @ApiOperation({ summary: 'Allow an agent to charge a saved payment method' })
  @ApiBody({
    type: RegisterSavedTokenDto,
    examples: {
      'a token of the simulator': {
        value: { provider: 'razorpay', token: 'token_simSuccess', customer_id: 'cust_1' },
      },
    },
  })
  @ApiOptionalKey()
  @ApiAnswer(201, 'The saved token', savedTokenSchema, {
    id: 'tok_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
    provider: 'razorpay',
    last4: 'cess',
    created_at: '2026-11-22T12:00:00.000Z',
  })
  @ApiErrors(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)
  async register(
    @AgentId() actor: string,
    @Param('id') agentId: string,
    @CurrentClaim() claim: Claim,
    @Body() dto: RegisterSavedTokenDto,
  ): Promise<void> {
    if (!this.providers.find(dto.provider))
      throw apiErrors.invalid('$.provider', 'There is no such provider.');
    const pair = { token: dto.token, customerId: dto.customer_id };
    await this.db.transaction(async (tx) => {
      const body = await this.savedTokens.register(tx, agentId, dto.provider, pair);
      if (!body) throw apiErrors.notFound('The agent');
      await this.audit.append(tx, {
        actor,
        action: 'saved_token.registered',
        subject: agentId,
        after: { id: body.id, provider: dto.provider },
      });
      await claim.finish(tx, { status: 201, body });
    });
  }
}
