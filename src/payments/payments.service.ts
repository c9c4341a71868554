import { Injectable } from '@nestjs/common';
import { newId } from '../common/id.js';
import { Config } from '../config/config.js';
import type { Tx } from '../database/database.js';
import { StoreService } from '../database/store.service.js';
import { SecretBox } from '../settings/secret-box.js';
import { AttemptStore } from './attempt.store.js';
import type { FrozenRequest } from './payment-attempt.entity.js';
import type {
  Credential,
  CredentialProblem,
  Money,
  PaymentHandler,
  RawCredential,
} from './providers/payment-provider.js';
import { ProviderRegistry } from './providers/provider-registry.js';
import { SavedTokensService } from './saved-tokens.service.js';

/** The parts of a charge that the buyer's side decides. */
export interface PaymentIntention extends Money {
  subjectId: string;
  n: number;
  claimId: string;
  provider: string;
  credential: Credential;
  request: FrozenRequest;
  /** If nothing was sent by then, nothing will be. */
  expiresAt: Date;
}

/** How a purchase gets its payment: what the agent sent, and the attempt that freezes it. */
@Injectable()
export class PaymentsService {
  constructor(
    private readonly attempts: AttemptStore,
    private readonly providers: ProviderRegistry,
    private readonly savedTokens: SavedTokensService,
    private readonly secrets: SecretBox,
    private readonly store: StoreService,
    private readonly config: Config,
  ) {}

  /** Reads what the agent sent to pay with. No network. */
  async parseCredential(
    agentId: string,
    handler: PaymentHandler,
    raw: RawCredential,
  ): Promise<Credential | CredentialProblem> {
    const provider = this.providers.get(handler.psp);
    const credential = await provider.parseCredential(raw, { prepared: handler.prepared ?? [] });
    if ('problem' in credential || !credential.savedToken || this.config.sandbox) return credential;
    return (await this.savedTokens.isRegistered(agentId, handler.psp, credential.savedToken))
      ? credential
      : { member: 'token', problem: 'it is not registered for this agent' };
  }

  /** Freezes what will be sent, in the caller's transaction. Nothing is sent yet. */
  async begin(tx: Tx, intention: PaymentIntention): Promise<string> {
    const id = newId('pay');
    const { credential } = intention;
    await this.attempts.insert(tx, {
      ...intention,
      id,
      providerKey: this.keyOf(intention),
      reference: credential.reference ?? null,
      authenticationId: credential.authentication?.transactionId ?? null,
      credential: this.secrets.encrypt(JSON.stringify(credential), id),
    });
    return id;
  }

  /** The key the provider knows an attempt by. */
  keyOf({ subjectId, n }: { subjectId: string; n: number }): string {
    return `acp:${this.store.instanceId}:${subjectId}:${n}`;
  }
}
