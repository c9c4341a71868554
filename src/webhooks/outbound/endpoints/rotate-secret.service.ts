import { Injectable } from '@nestjs/common';
import { AuditService } from '../../../audit/audit.service.js';
import { Database } from '../../../database/database.js';
import type { Claim } from '../../../idempotency/claim.js';
import { currentSecrets, EndpointSecretsService } from './endpoint-secrets.service.js';
import { WebhookEndpoint } from './webhook-endpoint.entity.js';
import type { RotateSecretDto } from './webhook-endpoint.dto.js';
import { clock, lockEndpoint } from './webhook-endpoints.service.js';

@Injectable()
export class RotateSecretService {
  constructor(
    private readonly db: Database,
    private readonly secrets: EndpointSecretsService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Answers `{secret}`, this once. The protocol's header has room for one signature, so in the overlap the old secret
   * signs on, with the new one's signature beside; one that was still waiting to take over is forgotten.
   */
  async rotate(id: string, wanted: RotateSecretDto, actor: string, claim: Claim): Promise<void> {
    const secret = wanted.secret ?? this.secrets.generate();
    const encrypted = this.secrets.encrypt(secret, id);
    const overlapSeconds = wanted.overlap_seconds ?? 0;
    await this.db.transaction(async (tx) => {
      const endpoint = await lockEndpoint(tx, id);
      const now = await clock(tx);
      const nextSecretAt = new Date(now.getTime() + overlapSeconds * 1000);
      const columns =
        overlapSeconds === 0
          ? { secret: encrypted, nextSecret: null, nextSecretAt: null }
          : { secret: currentSecrets(endpoint, now).secret, nextSecret: encrypted, nextSecretAt };
      await tx.getRepository(WebhookEndpoint).update({ id }, { ...columns, updatedAt: now });
      await this.audit.append(tx, {
        actor,
        action: 'webhook_endpoint.secret_rotated',
        subject: id,
        before: { next_secret_at: endpoint.nextSecretAt },
        after: {
          next_secret_at: columns.nextSecretAt,
          overlap_seconds: overlapSeconds,
          given: typeof wanted.secret === 'string',
        },
      });
      await claim.finish(tx, { status: 200, body: { secret } });
    });
  }
}
