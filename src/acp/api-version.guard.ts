import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { AuthenticatedRequest } from '../access/access.guard.js';
import { ApiError } from '../common/api-error.js';

/** Every request names the version it speaks, one that its agent may use; there is no default to fall back to (ACP §1.2). */
@Injectable()
export class ApiVersionGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const version = request.get('api-version');
    const { versions } = request.caller.options;
    if (version && versions.includes(version)) return true;
    throw new ApiError({
      status: 400,
      code: version ? 'unsupported_api_version' : 'missing_api_version',
      message: version ? 'This API-Version is not supported.' : 'The API-Version header is required.',
      param: '$.headers["API-Version"]',
      supportedVersions: versions,
      storable: false,
    });
  }
}
