import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../access/scopes.js';
import { ApiErrors } from '../common/http/api-docs.js';
import type { Page } from '../common/paging.js';
import { Database } from '../database/database.js';
import type { Claim } from '../idempotency/claim.js';
import { CurrentClaim, Idempotent } from '../idempotency/idempotent.decorator.js';
import { PaymentProvidersService } from './payment-providers.service.js';

const providerExample = {
  code: 'stripe',
  currencies: ['usd'],
  offered: ['usd'],
  capabilities: { manual_capture: true, release: true, payment_links: false, verify: true },
};

/** Who takes the money. */
@ApiTags('Admin: payments')
@ApiBearerAuth()
@RequireScope('admin')
@Controller('admin/payment-providers')
export class PaymentProvidersAdminController {
  constructor(
    private readonly providers: PaymentProvidersService,
    private readonly db: Database,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'The payment providers of this shop',
    description:
      '`currencies` are those that `payments.providersByCurrency` names it for, `offered` those of them in which its ' +
      'settings are complete, so that sessions offer it.',
  })
  @ApiResponse({ status: 200, schema: { example: { data: [providerExample], next_cursor: null } } })
  @ApiErrors(401, 403, 429, 503)
  async list(): Promise<Page<object>> {
    return { data: await this.providers.list(), next_cursor: null };
  }

  @Post(':code/verify')
  @HttpCode(200)
  @Idempotent({ keyOptional: true })
  @ApiOperation({
    summary: "Try a provider's credentials with a call that changes nothing, and say what is wrong with them",
  })
  @ApiParam({ name: 'code', example: 'stripe' })
  @ApiHeader({ name: 'Idempotency-Key', required: false })
  @ApiResponse({
    status: 200,
    schema: {
      example: {
        code: 'stripe',
        ok: false,
        problems: ['Stripe refuses the secret key: it is wrong, revoked or expired.'],
      },
    },
  })
  @ApiErrors(401, 403, 404, 409, 422, 429, 503)
  async verify(@Param('code') code: string, @CurrentClaim() claim: Claim): Promise<void> {
    const body = await this.providers.verify(code);
    await claim.finish(this.db.dataSource.manager, { status: 200, body });
  }
}
