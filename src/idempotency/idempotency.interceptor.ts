import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  Logger,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Response } from 'express';
import { from, lastValueFrom, type Observable } from 'rxjs';
import type { AuthenticatedRequest } from '../access/access.guard.js';
import { toApiError } from '../common/http/api-error.filter.js';
import { wordingOf } from '../common/http/error-wording.js';
import { RawReply } from '../common/http/raw-reply.js';
import { requestContext } from '../common/http/request-context.js';
import { fingerprint } from '../common/json.js';
import { Config } from '../config/config.js';
import { Database } from '../database/database.js';
import { Claim } from './claim.js';
import { ClaimStore, type Lease, type RequestIdentity } from './claim.store.js';
import { idempotencyErrors } from './idempotency.errors.js';
import { type ClaimedRequest, idempotentKey, type IdempotentOptions } from './idempotent.decorator.js';
import { ReplayCache } from './replay-cache.js';
import { SealedReplies } from './sealed-replies.js';

const maximumKeyLength = 255;

/** Claims the key before the handler runs, replays or refuses, and sends exactly the bytes that were stored. */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  private readonly logger = new Logger(IdempotencyInterceptor.name);

  constructor(
    private readonly reflector: Reflector,
    private readonly claims: ClaimStore,
    private readonly cache: ReplayCache,
    private readonly sealed: SealedReplies,
    private readonly db: Database,
    private readonly config: Config,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const options = this.reflector.get<IdempotentOptions | undefined>(idempotentKey, context.getHandler());
    return options ? from(this.run(context, next, options)) : next.handle();
  }

  private async run(
    context: ExecutionContext,
    next: CallHandler,
    { retentionMs, keyOptional, keyMember, secretReply }: IdempotentOptions,
  ): Promise<RawReply> {
    const http = context.switchToHttp();
    const request = http.getRequest<AuthenticatedRequest & ClaimedRequest>();
    const response = http.getResponse<Response>();
    const { key, said } = readKey(request, keyMember);
    if (keyOptional && key === '') {
      request.claim = Claim.unkeyed(wordingOf(response));
      return finishedBy(request.claim, next);
    }
    const identity = identify(request, key, said);

    const keeper = secretReply ? this.sealed : this.claims;
    const cached = secretReply ? undefined : await this.cache.find(identity);
    const outcome = cached ?? (await keeper.claim(identity, retentionMs));
    requestContext.set({ idempotency: outcome.kind });
    switch (outcome.kind) {
      case 'conflict':
        throw idempotencyErrors.conflict();
      case 'in_flight':
        throw idempotencyErrors.inFlight();
      case 'replay':
        response.setHeader('Idempotent-Replayed', 'true');
        if (outcome.status === 405) response.setHeader('Allow', 'GET');
        return new RawReply(outcome.status, outcome.body);
      case 'claimed': {
        request.claim = new Claim(keeper, outcome.lease, wordingOf(response));
        const reply = await this.runClaimed(request.claim, outcome.lease, next);
        if (request.claim.stored && !secretReply) await this.cache.remember(identity, reply, retentionMs);
        return reply;
      }
    }
  }

  private async runClaimed(claim: Claim, lease: Lease, next: CallHandler): Promise<RawReply> {
    const { claimLeaseMs, claimMaximumMs } = this.config.timings;
    const startedAt = performance.now();
    const heartbeat = setInterval(() => {
      // What hangs for good must not hold its key for good.
      if (performance.now() - startedAt < claimMaximumMs) void this.extend(lease);
    }, claimLeaseMs / 3);
    try {
      return await finishedBy(claim, next);
    } catch (thrown) {
      await this.endRefused(claim, thrown);
      throw thrown;
    } finally {
      clearInterval(heartbeat);
    }
  }

  /** A refusal is an answer like any other and is kept; what only describes this moment is not. */
  private async endRefused(claim: Claim, thrown: unknown): Promise<void> {
    try {
      await claim.finishIfHeld(this.db.dataSource.manager, toApiError(thrown));
    } catch (cause) {
      // The caller is told of the first failure. The lease runs out by itself.
      this.logger.warn({ event: 'idempotency.claim_left_to_its_lease', error: cause });
    }
  }

  private async extend(lease: Lease): Promise<void> {
    try {
      await this.claims.extend(lease);
    } catch (error) {
      this.logger.warn({ event: 'idempotency.heartbeat_failed', error });
    }
  }
}

/** Runs the handler, which has to finish the claim. */
async function finishedBy(claim: Claim, next: CallHandler): Promise<RawReply> {
  await lastValueFrom(next.handle(), { defaultValue: undefined });
  if (!claim.rawReply) throw new Error('an idempotent use-case returned without finishing its claim');
  return claim.rawReply;
}

/** The key from the header, else from the body; and what the body says beside it. */
function readKey(request: AuthenticatedRequest, member?: string): { key: string; said: unknown } {
  const header = request.get('idempotency-key') ?? '';
  // A missing body means the same as an empty object (ACP §6, cancel).
  const body: unknown = request.body ?? {};
  if (member === undefined || typeof body !== 'object' || body === null) return { key: header, said: body };
  const { [member]: inBody, ...said } = body as Record<string, unknown>;
  return { key: header === '' && typeof inBody === 'string' ? inBody : header, said };
}

function identify(request: AuthenticatedRequest, key: string, said: unknown): RequestIdentity {
  if (key === '') throw idempotencyErrors.keyRequired();
  if (key.length > maximumKeyLength) throw idempotencyErrors.keyTooLong();
  return {
    agentId: request.caller.agentId,
    path: decodeURI(request.path).replace(/\/+$/, ''),
    key,
    fingerprint: fingerprint(said),
  };
}
