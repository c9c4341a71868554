import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { apiErrors } from '../common/api-error.js';
import { requestContext } from '../common/http/request-context.js';
import { ApiKeysService, type Caller } from './api-keys.service.js';
import { RateLimiter } from './rate-limiter.js';
import { requiredScopeKey } from './scopes.js';

/** A request that has passed the guard. */
export type AuthenticatedRequest = Request & { caller: Caller };

/** Nobody in without a key of the right scope, and no agent in faster than its limit. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly keys: ApiKeysService,
    private readonly limiter: RateLimiter,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const scope = this.reflector.getAllAndOverride<string | undefined>(requiredScopeKey, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (scope === 'public') return true;
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const caller = await this.authenticate(request.headers.authorization);
    request.caller = caller;
    requestContext.set({ agentId: caller.agentId });
    this.checkScope(scope, caller, request.method);
    await this.limiter.take(caller.agentId);
    return true;
  }

  private async authenticate(header: string | undefined): Promise<Caller> {
    const key = /^Bearer +([\x21-\x7e]{1,200})$/i.exec(header ?? '')?.[1];
    const caller = key && (await this.keys.authenticate(key));
    if (!caller) throw apiErrors.unauthorized();
    return caller;
  }

  private checkScope(scope: string | undefined, caller: Caller, method: string): void {
    const reading = method === 'GET' || method === 'HEAD';
    const sufficient = scope === 'admin' && reading ? ['admin', 'admin:read'] : [scope];
    if (!caller.scopes.some((held) => sufficient.includes(held))) {
      throw apiErrors.forbidden(`This needs an API key with the scope ${scope ?? 'none'}.`);
    }
  }
}
