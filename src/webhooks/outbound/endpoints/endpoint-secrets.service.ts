import { Injectable } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { SecretBox } from '../../../settings/secret-box.js';
import type { WebhookEndpoint } from './webhook-endpoint.entity.js';

/** What an endpoint's requests are signed with. */
export interface EndpointSecrets {
  current: string;
  /** Takes over at a set time; until then its signature travels beside, for the receiver to try. */
  next?: string;
}

type SecretColumns = Pick<WebhookEndpoint, 'id' | 'secret' | 'nextSecret' | 'nextSecretAt'>;

/** Makes, encrypts and reads the secrets of endpoints. At rest each is bound to the id of its endpoint. */
@Injectable()
export class EndpointSecretsService {
  constructor(private readonly box: SecretBox) {}

  generate(): string {
    return `whsec_${randomBytes(32).toString('base64url')}`;
  }

  encrypt(secret: string, endpointId: string): string {
    return this.box.encrypt(secret, endpointId);
  }

  /** What of them may be shown: the end of the one that signs, null if it cannot be read; and when it changes. */
  shown(endpoint: SecretColumns, now: Date): { secretLast4: string | null; nextSecretAt: Date | null } {
    const { nextSecretAt } = currentSecrets(endpoint, now);
    return { secretLast4: this.readable(endpoint, now)?.current.slice(-4) ?? null, nextSecretAt };
  }

  /** Null if no key of ours can read them. */
  readable(endpoint: SecretColumns, now: Date): EndpointSecrets | null {
    try {
      return this.secretsOf(endpoint, now);
    } catch {
      return null;
    }
  }

  /** Throws if no key of ours can read them. */
  secretsOf(endpoint: SecretColumns, now: Date): EndpointSecrets {
    const { secret, nextSecret } = currentSecrets(endpoint, now);
    return {
      current: this.box.decrypt(secret, endpoint.id),
      ...(nextSecret !== null && { next: this.box.decrypt(nextSecret, endpoint.id) }),
    };
  }
}

/** As they would stand if the row had been tidied: a next secret whose time has come is the secret. */
export function currentSecrets(
  { secret, nextSecret, nextSecretAt }: SecretColumns,
  now: Date,
): Pick<WebhookEndpoint, 'secret' | 'nextSecret' | 'nextSecretAt'> {
  if (nextSecret === null || nextSecretAt === null || nextSecretAt > now)
    return { secret, nextSecret, nextSecretAt };
  return { secret: nextSecret, nextSecret: null, nextSecretAt: null };
}
