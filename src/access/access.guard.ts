import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { apiErrors } from '../common/api-error.js';
import { clientAddress } from '../common/http/client-address.js';
import { cameInAt } from '../common/http/own-port.js';
import { requestContext } from '../common/http/request-context.js';
import { Config } from '../config/config.js';
import { Authentication, type Caller } from './authentication.service.js';
import { FailedLogins } from './limits/failed-logins.js';
import { RateLimiter } from './limits/rate-limiter.js';
import { openAtAdminPortKey, requiredScopeKey } from './scopes.js';

/** A request that has passed the guard. */
export type AuthenticatedRequest = Request & { caller: Caller };

/** Nobody in without a key of the right scope, and no agent in faster than its limit. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly authentication: Authentication,
    private readonly failedLogins: FailedLogins,
    private readonly limiter: RateLimiter,
    private readonly config: Config,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    const scope = this.reflector.getAllAndOverride<string | undefined>(requiredScopeKey, targets);
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    if (scope === 'public') return true;
    if (
      this.reflector.getAllAndOverride<boolean | undefined>(openAtAdminPortKey, targets) &&
      cameInAt(request, this.config.adminPort)
    )
      return true;
    const caller = await this.authenticate(request);
    request.caller = caller;
    requestContext.set({ agentId: caller.agentId });
    await this.limiter.takeAgent(caller.agentId);
    this.checkScope(scope, caller, request.method);
    return true;
  }

  /** A request without any key is no attempt to guess one. */
  private async authenticate(request: Request): Promise<Caller> {
    const { authorization } = request.headers;
    if (!authorization) throw apiErrors.unauthorized();
    const key = /^Bearer +([\x21-\x7e]{1,200})$/i.exec(authorization)?.[1];
    const caller = key && (await this.authentication.callerOf(key));
    if (!caller) throw await this.failedLogins.refusal(clientAddress(request));
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
