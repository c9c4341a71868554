import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  SetMetadata,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import type { Observable } from 'rxjs';
import { apiErrors } from '../api-error.js';
import { parseJson } from '../json.js';

/** A request whose exact bytes were kept, for signatures. */
export type RawRequest = Request & { rawBody?: Buffer };

const rawBodyKey = 'storekeeper:raw-body';

/** A route that reads the bytes itself, whatever they claim to be: nothing is parsed before it. */
export const TakesRawBody = (): MethodDecorator => SetMetadata(rawBodyKey, true);

/**
 * Turns the raw bytes into a body. An interceptor and not a middleware, because the protocol answers a missing
 * key (401) and a wrong version (400) before it looks at the body, and guards run between the two.
 * No body at all is `undefined`.
 */
@Injectable()
export class JsonBodyInterceptor implements NestInterceptor {
  constructor(private readonly reflector: Reflector) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<RawRequest>();
    if (Buffer.isBuffer(request.body)) {
      request.rawBody = request.body;
      if (this.reflector.get<boolean | undefined>(rawBodyKey, context.getHandler())) return next.handle();
      request.body = this.parse(request, request.body);
    }
    return next.handle();
  }

  private parse(request: Request, bytes: Buffer): unknown {
    if (bytes.length === 0) return undefined;
    if (!/^application\/(?:[\w.-]+\+)?json *(?:;|$)/i.test(request.get('content-type') ?? '')) {
      throw apiErrors.unsupportedMediaType();
    }
    return parseJson(bytes);
  }
}
