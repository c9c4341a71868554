import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Observable } from 'rxjs';
import type { RawRequest } from '../../common/http/json-body.interceptor.js';
import { canonicalJson } from '../../common/json.js';
import { SecretBox } from '../../settings/secret-box.js';
import { accessErrors } from '../access.errors.js';
import type { AuthenticatedRequest } from '../access.guard.js';
import { signingSecretContext } from '../agents/agent-options.js';
import type { Caller } from '../authentication.service.js';
import { requiredScopeKey } from '../scopes.js';
import { isSigned, isTimely, type VerificationKey } from './signature.js';

/**
 * Verifies the requests of agents that sign them (ACP §4.2). Between the parsing of the body, which one of the ways
 * to sign needs, and the idempotency key: nothing of a forged request is kept. Only what agents do is signed; the
 * admin API is not part of the protocol.
 */
@Injectable()
export class RequestSignatureInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly secrets: SecretBox,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const scope = this.reflector.getAllAndOverride<string | undefined>(requiredScopeKey, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (scope === 'agent') this.check(context.switchToHttp().getRequest<AuthenticatedRequest & RawRequest>());
    return next.handle();
  }

  private check(request: AuthenticatedRequest & RawRequest): void {
    const { mode } = request.caller.options.signing;
    const signature = request.get('signature');
    if (mode === 'off' || (mode === 'optional' && signature === undefined)) return;
    const key = this.keyOf(request.caller);
    if (!key && mode === 'optional') return;
    if (!key)
      throw accessErrors.invalidSignature('No key is registered to verify the requests of this agent with.');
    if (signature === undefined)
      throw accessErrors.invalidSignature('This request has to be signed: the Signature header is missing.');
    const timestamp = request.get('timestamp') ?? '';
    if (!isTimely(timestamp)) throw accessErrors.timestampOutOfWindow();
    if (!isSigned(signature, signable(request, timestamp), key)) throw accessErrors.invalidSignature();
  }

  private keyOf({ agentId, options: { signing } }: Caller): VerificationKey | undefined {
    const { algorithm, secret, publicKey } = signing;
    if (algorithm !== 'hmac-sha256')
      return publicKey === undefined ? undefined : { algorithm, key: publicKey };
    if (secret === undefined) return undefined;
    return { algorithm, key: this.secrets.decrypt(secret, signingSecretContext(agentId)) };
  }
}

/**
 * The protocol does not say which bytes are signed, so all that are in use will do: canonical JSON (RFC 8785), the
 * body as it was sent, and that behind the timestamp and a dot. None can be taken for another, so an agent that signs
 * the timestamp too cannot have a request of its repeated under a newer one.
 */
function signable({ rawBody = Buffer.alloc(0), body }: RawRequest, timestamp: string): (string | Buffer)[] {
  const canonical = rawBody.length === 0 ? '' : canonicalJson(body);
  return [canonical, rawBody, Buffer.concat([Buffer.from(`${timestamp}.`), rawBody])];
}
