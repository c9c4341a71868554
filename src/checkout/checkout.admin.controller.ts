import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../access/scopes.js';
import { ApiErrors } from '../common/http/api-docs.js';
import { type Page, parsePageRequest, toPage } from '../common/paging.js';
import { type ReadSession, SessionStore } from './session.store.js';
import { statusOf } from './checkout.states.js';

/** The merchant's look at checkout sessions of all agents. */
@ApiTags('Admin: checkout sessions')
@ApiBearerAuth()
@RequireScope('admin')
@Controller('admin/checkout-sessions')
export class CheckoutAdminController {
  constructor(private readonly sessions: SessionStore) {}

  @Get()
  @ApiOperation({ summary: 'List checkout sessions, newest first' })
  @ApiQuery({ name: 'limit', required: false, example: 20 })
  @ApiQuery({ name: 'cursor', required: false, description: '`next_cursor` of the page before' })
  @ApiErrors(400, 401, 403)
  async list(@Query() query: Record<string, unknown>): Promise<Page<object>> {
    const page = parsePageRequest(query);
    const found = await this.sessions.list(page);
    return toPage(
      found.map((read) => ({ id: read.session.id, read })),
      page.limit,
      ({ read }) => summary(read),
    );
  }

  @Get(':id')
  @ApiOperation({ summary: 'One checkout session with its cart, quote and last payment verdict' })
  @ApiErrors(401, 403, 404)
  async get(@Param('id') id: string): Promise<object> {
    const read = await this.sessions.loadAny(id);
    const { quote, ...asked } = read.session.content;
    return { ...summary(read), version: read.session.version, asked, quote };
  }
}

function summary({ session, now }: ReadSession): object {
  return {
    id: session.id,
    agent_id: session.agentId,
    status: statusOf(session, now),
    currency: session.currency,
    total: session.total,
    created_at: session.createdAt,
    updated_at: session.updatedAt,
    expires_at: session.expiresAt,
  };
}
