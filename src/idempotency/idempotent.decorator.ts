import { createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import type { Request } from 'express';
import type { Claim } from './claim.js';

const hourMs = 3_600_000;

export interface IdempotentOptions {
  /** How long a reply is kept; the protocol wants 24 hours at least. */
  retentionMs: number;
}

export const idempotentKey = 'storekeeper:idempotent';

/** Marks a route that needs an `Idempotency-Key` and answers a repeated one with the same bytes. */
export const Idempotent = ({ retentionHours = 25 } = {}): MethodDecorator =>
  SetMetadata(idempotentKey, { retentionMs: retentionHours * hourMs } satisfies IdempotentOptions);

export type ClaimedRequest = Request & { claim: Claim };

/** The claim that the handler's use-case has to finish. */
export const CurrentClaim = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<ClaimedRequest>().claim,
);
