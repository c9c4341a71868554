import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../access/scopes.js';
import { ApiAnswer, ApiErrors, ApiId, ApiPage } from '../common/http/api-docs.js';
import { type Page, parsePageRequest, toPage } from '../common/paging.js';
import { sessionDetailSchema, sessionSummarySchema } from './checkout.schemas.js';
import { statusOf } from './checkout.states.js';
import { type ReadSession, SessionStore } from './session.store.js';

const sessionExample = {
  id: 'cs_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
  agent_id: 'agt_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
  status: 'ready_for_payment',
  currency: 'usd',
  total: 14464,
  created_at: '2026-11-22T12:00:00.000Z',
  updated_at: '2026-11-22T12:00:00.000Z',
  expires_at: '2026-11-22T12:15:00.000Z',
};

/** The merchant's look at checkout sessions of all agents. */
@ApiTags('Checkout sessions')
@ApiBearerAuth()
@RequireScope('admin')
@Controller('admin/checkout-sessions')
export class CheckoutAdminController {
  constructor(private readonly sessions: SessionStore) {}

  @Get()
  @ApiOperation({ summary: 'List checkout sessions, newest first' })
  @ApiPage('The sessions', sessionSummarySchema, sessionExample)
  @ApiErrors(400, 401, 403, 429, 503)
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
  @ApiId('Id of the session')
  @ApiOperation({ summary: 'One checkout session with its cart, quote and last payment verdict' })
  @ApiAnswer(200, 'The session', sessionDetailSchema, { ...sessionExample, version: 2, asked: {}, quote: {} })
  @ApiErrors(401, 403, 404, 429, 503)
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
