import { createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import type { Request } from 'express';
import type { Claim } from './claim.js';

const hourMs = 3_600_000;

export interface IdempotentOptions {
  /** How long a reply is kept; the protocol wants 24 hours at least. */
  retentionMs: number;
  /** Without a key the request simply runs, as often as it is sent. */
  keyOptional: boolean;
  /** A member of the body that may hold the key instead of the header; it does not count as part of what is said. */
  keyMember?: string;
  /** The reply shows a secret: it is stored encrypted, for 24 hours, and never cached. */
  secretReply: boolean;
}

export const idempotentKey = 'storekeeper:idempotent';

/**
 * Marks a route that needs an `Idempotency-Key` and answers a repeated one with the same bytes. With `keyOptional`
 * it is honoured and not needed; the use-case finishes its claim either way.
 */
export const Idempotent = ({
  secretReply = false,
  retentionHours = secretReply ? 24 : 25,
  keyOptional = false,
  keyMember,
}: Partial<Omit<IdempotentOptions, 'retentionMs'>> & { retentionHours?: number } = {}): MethodDecorator =>
  SetMetadata(idempotentKey, {
    retentionMs: retentionHours * hourMs,
    keyOptional,
    keyMember,
    secretReply,
  } satisfies IdempotentOptions);

export type ClaimedRequest = Request & { claim: Claim };

/** The claim that the handler's use-case has to finish. */
export const CurrentClaim = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<ClaimedRequest>().claim,
);
