import { Body, Controller, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiAnswer, ApiErrors, ApiId, ApiOptionalKey, ApiPage } from '../../common/http/api-docs.js';
import { type Page, parsePageRequest, toPage } from '../../common/paging.js';
import type { Claim } from '../../idempotency/claim.js';
import { CurrentClaim, Idempotent } from '../../idempotency/idempotent.decorator.js';
import { AgentId } from '../caller.decorator.js';
import { RequireScope } from '../scopes.js';
import { CreateAgentDto, UpdateAgentDto } from './agents.dto.js';
import { AgentsService } from './agents.service.js';
import { agentExample, agentExamples, agentSchema, agentView } from './agents.view.js';

/** Who may call the shop. Sessions, orders and limits belong to an agent, whichever of its keys it uses. */
@ApiTags('Agents')
@ApiBearerAuth()
@RequireScope('admin')
@Controller('admin/agents')
export class AgentsAdminController {
  constructor(private readonly agents: AgentsService) {}

  @Get()
  @ApiOperation({ summary: 'List agents, newest first' })
  @ApiPage('The agents', agentSchema, agentExample)
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
  @ApiBody({ type: CreateAgentDto, examples: agentExamples.create })
  @ApiOptionalKey()
  @ApiAnswer(201, 'The agent', agentSchema, agentExample)
  @ApiErrors(400, 401, 403, 409, 413, 415, 422, 429, 503)
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
  @ApiId('Id of the agent')
  @ApiOperation({ summary: 'One agent' })
  @ApiAnswer(200, 'The agent', agentSchema, agentExample)
  @ApiErrors(401, 403, 404, 429, 503)
  async get(@Param('id') id: string): Promise<object> {
    return agentView(await this.agents.find(id));
  }

  @Patch(':id')
  @ApiId('Id of the agent')
  @ApiOperation({
    summary: 'Change an agent; effective everywhere within two seconds',
    description: 'What is absent stays; null goes back to what the settings `acp.*` say.',
  })
  @ApiBody({ type: UpdateAgentDto, examples: agentExamples.change })
  @ApiAnswer(200, 'The agent', agentSchema, agentExample)
  @ApiErrors(400, 401, 403, 404, 413, 415, 429, 503)
  async update(
    @AgentId() actor: string,
    @Param('id') id: string,
    @Body() dto: UpdateAgentDto,
  ): Promise<object> {
    return agentView(await this.agents.update(id, dto, actor));
  }
}
