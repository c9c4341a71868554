import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { ApiError } from '../common/api-error.js';

/** Newest first, as the error lists them (ACP §4.3). */
export const supportedVersions = ['2026-04-17'];
export const currentVersion = '2026-04-17';

/** Every request names the version it speaks; there is no default to fall back to (ACP §1.2). */
@Injectable()
export class ApiVersionGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const version = context.switchToHttp().getRequest<Request>().get('api-version');
    if (version && supportedVersions.includes(version)) return true;
    throw new ApiError({
      status: 400,
      code: version ? 'unsupported_api_version' : 'missing_api_version',
      message: version ? 'This API-Version is not supported.' : 'The API-Version header is required.',
      param: '$.headers["API-Version"]',
      supportedVersions,
      storable: false,
    });
  }
}
