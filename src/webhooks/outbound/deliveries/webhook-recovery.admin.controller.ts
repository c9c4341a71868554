import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AgentId } from '../../../access/caller.decorator.js';
import { RequireScope } from '../../../access/scopes.js';
import { ApiAnswer, ApiErrors, ApiId, ApiOptionalKey } from '../../../common/http/api-docs.js';
import type { Claim } from '../../../idempotency/claim.js';
import { CurrentClaim, Idempotent } from '../../../idempotency/idempotent.decorator.js';
import { recoverySchema } from '../outbound.schemas.js';
import { RecoverDeliveriesDto } from './recover-deliveries.dto.js';
import { WebhookRecoveryService } from './webhook-recovery.service.js';

@ApiTags('Outgoing webhooks')
@ApiBearerAuth()
@RequireScope('admin')
@Controller('admin/webhook-endpoints')
export class WebhookRecoveryAdminController {
  constructor(private readonly recovery: WebhookRecoveryService) {}

  @Post(':id/recover')
  @ApiId('Id of the endpoint', 'wep_000000000000000000000000sandboxagent')
  @HttpCode(200)
  @Idempotent({ keyOptional: true })
  @ApiOperation({
    summary: 'Send an endpoint everything it has missed since a moment',
    description:
      'Events that were never sent to it (it was disabled, or not there yet), and deliveries that were given up. ' +
      'With `include_delivered` also what has arrived. Of several updates of one order only the newest is sent.',
  })
  @ApiBody({
    type: RecoverDeliveriesDto,
    examples: {
      'what was missed': { value: { since: '2026-11-01T00:00:00Z' } },
      'all of it again': { value: { since: '2026-11-01T00:00:00Z', include_delivered: true } },
    },
  })
  @ApiOptionalKey()
  @ApiAnswer(200, 'What will be sent', recoverySchema, { enqueued: 12 })
  @ApiErrors(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)
  recover(
    @Param('id') id: string,
    @AgentId() actor: string,
    @CurrentClaim() claim: Claim,
    @Body() wanted: RecoverDeliveriesDto,
  ): Promise<void> {
    return this.recovery.recover(id, wanted, actor, claim);
  }
}
