import { Body, Controller, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ApiErrors } from '../../common/http/api-docs.js';
import { type Page, parsePageRequest, toPage } from '../../common/paging.js';
import type { Claim } from '../../idempotency/claim.js';
import { CurrentClaim, Idempotent } from '../../idempotency/idempotent.decorator.js';
import { CreateAgentDto, UpdateAgentDto } from './agents.dto.js';
import { AgentsService } from './agents.service.js';
import { agentExample, agentView } from './agents.view.js';
import { AgentId } from '../caller.decorator.js';
import { RequireScope } from '../scopes.js';

/** Who may call the shop. Sessions, orders and limits belong to an agent, whichever of its keys it uses. */
@ApiTags('Admin: agents')
@ApiBearerAuth()
@RequireScope('admin')
@Controller('admin/agents')
export class AgentsAdminController {
  constructor(private readonly agents: AgentsService) {}

  @Get()
  @ApiOperation({ summary: 'List agents, newest first' })
  @ApiQuery({ name: 'limit', required: false, example: 20 })
  @ApiQuery({ name: 'cursor', required: false, description: '`next_cursor` of the page before' })
  @ApiResponse({ status: 200, schema: { example: { data: [agentExample], next_cursor: null } } })
  @ApiErrors(400, 401, 403, 429, 503)
  async list(@Query() query: Record<string, unknown>): Promise<Page<object>> {
    const page = parsePageRequest(query);
    return toPage(await this.agents.page(page), page.limit, agentView);
  }

  @Post()
  @Idempotent({ keyOptional: true })
  @ApiOperation({
    summary: 'Make an agent',
    description: 'It has no key yet: `POST /admin/api-keys` with its `agent_id` makes one.',
  })
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'A repeated request is answered the same',
  })
  @ApiResponse({ status: 201, schema: { example: agentExample } })
  @ApiErrors(400, 401, 403, 409, 422, 429, 503)
  async create(
    @AgentId() actor: string,
    @CurrentClaim() claim: Claim,
    @Body() dto: CreateAgentDto,
  ): Promise<void> {
    await this.agents.create(dto, actor, (tx, agent) =>
      claim.finish(tx, { status: 201, body: agentView(agent) }),
    );
  }

  @Get(':id')
  @ApiOperation({ summary: 'One agent' })
  @ApiResponse({ status: 200, schema: { example: agentExample } })
  @ApiErrors(401, 403, 404, 429, 503)
  async get(@Param('id') id: string): Promise<object> {
    return agentView(await this.agents.find(id));
  }

  @Patch(':id')
  @ApiOperation({
    summary: 'Change an agent; effective everywhere within two seconds',
    description: 'What is absent stays; null goes back to what the settings `acp.*` say.',
  })
  @ApiResponse({ status: 200, schema: { example: agentExample } })
  @ApiErrors(400, 401, 403, 404, 429, 503)
  async update(
    @AgentId() actor: string,
    @Param('id') id: string,
    @Body() dto: UpdateAgentDto,
  ): Promise<object> {
    return agentView(await this.agents.update(id, dto, actor));
  }
}
