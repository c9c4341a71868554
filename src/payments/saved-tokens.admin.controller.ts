import { Body, Controller, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiOperation, ApiProperty, ApiResponse, ApiTags } from '@nestjs/swagger';
import { IsString, Matches } from 'class-validator';
import { AgentId } from '../access/caller.decorator.js';
import { RequireScope } from '../access/scopes.js';
import { apiErrors } from '../common/api-error.js';
import { ApiErrors } from '../common/http/api-docs.js';
import { Database } from '../database/database.js';
import type { Claim } from '../idempotency/claim.js';
import { CurrentClaim, Idempotent } from '../idempotency/idempotent.decorator.js';
import { AuditService } from '../settings/audit.service.js';
import { ProviderRegistry } from './providers/provider-registry.js';
import { SavedTokensService } from './saved-tokens.service.js';

export class RegisterSavedTokenDto {
  @ApiProperty({ example: 'razorpay' })
  @IsString()
  provider: string;

  @ApiProperty({ example: 'token_simSuccess', description: 'Kept as a hash only' })
  @Matches(/^token_[A-Za-z0-9]{1,40}$/)
  token: string;

  @ApiProperty({ example: 'cust_1' })
  @Matches(/^cust_[A-Za-z0-9]{1,40}$/)
  customer_id: string;
}

/** Which saved payment methods an agent may charge: whoever knows a token could otherwise charge its owner. */
@ApiTags('Admin: agents')
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
  @Idempotent({ keyOptional: true })
  @ApiOperation({ summary: 'Allow an agent to charge a saved payment method' })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  @ApiResponse({
    status: 201,
    schema: {
      example: {
        id: 'tok_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
        provider: 'razorpay',
        last4: 'cess',
        created_at: '2026-11-22T12:00:00.000Z',
      },
    },
  })
  @ApiErrors(400, 401, 403, 404, 422, 429, 503)
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
        after: { id: body.id },
      });
      await claim.finish(tx, { status: 201, body });
    });
  }
}
