import { SetMetadata } from '@nestjs/common';

/** `agent`: the protocol routes. `admin`: everything under `/admin`. `admin:read`: the same, without changing anything. */
export const scopes = ['agent', 'admin', 'admin:read'] as const;
export type Scope = (typeof scopes)[number];

export const requiredScopeKey = 'storekeeper:scope';
export const openAtAdminPortKey = 'storekeeper:open-at-admin-port';

/** Which kind of key a controller or route wants. A route that says nothing is closed to everyone. */
export const RequireScope = (scope: 'agent' | 'admin'): MethodDecorator & ClassDecorator =>
  SetMetadata(requiredScopeKey, scope);

/** A route that is open without a key. */
export const Public = (): MethodDecorator & ClassDecorator => SetMetadata(requiredScopeKey, 'public');

/** A route that needs no key where `ADMIN_PORT` keeps strangers away from it. */
export const OpenAtAdminPort = (): MethodDecorator & ClassDecorator => SetMetadata(openAtAdminPortKey, true);
