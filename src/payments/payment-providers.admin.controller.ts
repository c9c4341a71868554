import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../access/scopes.js';
import { ApiAnswer, ApiErrors, ApiId, ApiOptionalKey } from '../common/http/api-docs.js';
import { a, flag, list, pageOf, shape, text } from '../common/http/schema.js';
import type { Page } from '../common/paging.js';
import { Database } from '../database/database.js';
import type { Claim } from '../idempotency/claim.js';
import { CurrentClaim, Idempotent } from '../idempotency/idempotent.decorator.js';
import { PaymentProvidersService } from './payment-providers.service.js';

const providerSchema = shape('PaymentProvider', {
  code: text('What settings and payments name it by'),
  currencies: list('ISO 4217, lower case: those that `payments.providersByCurrency` names it for', {
    type: 'string',
  }),
  offered: list('Those of them in which sessions offer it', { type: 'string' }),
  capabilities: a(
    'What it can do',
    shape('ProviderCapabilities', {
      manual_capture: flag('Authorize first and take the money later'),
      release: flag('Let go of what was authorized'),
      payment_links: flag('Make a page on which the buyer pays by hand'),
      verify: flag('Try its credentials'),
    }),
  ),
});
const verificationSchema = shape('ProviderVerification', {
  code: text('Code of the provider'),
  ok: flag('Whether it accepts the credentials'),
  problems: list('What is wrong with them, for people', { type: 'string' }),
});
const providerExample = {
  code: 'stripe',
  currencies: ['usd'],
  offered: ['usd'],
  capabilities: { manual_capture: true, release: true, payment_links: false, verify: true },
};

/** Who takes the money. */
@ApiTags('Payment providers')
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
  @ApiAnswer(200, 'The providers', pageOf(providerSchema), { data: [providerExample], next_cursor: null })
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
  @ApiId('Code of the provider', 'stripe', 'code')
  @ApiOptionalKey()
  @ApiAnswer(200, 'What it said', verificationSchema, {
    code: 'stripe',
    ok: false,
    problems: ['Stripe refuses the secret key: it is wrong, revoked or expired.'],
  })
  @ApiErrors(400, 401, 403, 404, 409, 422, 429, 503)
  async verify(@Param('code') code: string, @CurrentClaim() claim: Claim): Promise<void> {
    const body = await this.providers.verify(code);
    await claim.finish(this.db.dataSource.manager, { status: 200, body });
  }
}
