import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { AuthenticatedRequest } from './access.guard.js';

const callerOf = (context: ExecutionContext) =>
  context.switchToHttp().getRequest<AuthenticatedRequest>().caller;

/** The id of the agent that sent the request. */
export const AgentId = createParamDecorator(
  (_: unknown, context: ExecutionContext) => callerOf(context).agentId,
);

/** How the shop treats the agent that sent the request. */
export const CallerOptions = createParamDecorator(
  (_: unknown, context: ExecutionContext) => callerOf(context).options,
);
