import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { apiErrors } from '../common/api-error.js';
import {
  ApiAnswer,
  ApiErrors,
  ApiId,
  ApiOptionalKey,
  ApiPage,
  errorExample,
} from '../common/http/api-docs.js';
import { type Page, parsePageRequest, toPage } from '../common/paging.js';
import type { Tx } from '../database/database.js';
import type { Claim } from '../idempotency/claim.js';
import { CurrentClaim, Idempotent } from '../idempotency/idempotent.decorator.js';
import { accessErrors } from './access.errors.js';
import { CreateApiKeyDto, RotateApiKeyDto } from './api-keys.dto.js';
import { ApiKeysService, type MadeKey } from './api-keys.service.js';
import { apiKeyExamples, apiKeySchema, apiKeyView, madeKeySchema, madeKeyView } from './api-keys.view.js';
import { AgentId } from './caller.decorator.js';
import { RequireScope } from './scopes.js';

/** Keys of agents and of the merchant. A key is shown once, when it is made; only its hash is kept. */
@ApiTags('API keys')
@ApiBearerAuth()
@RequireScope('admin')
@Controller('admin/api-keys')
export class ApiKeysAdminController {
  constructor(private readonly keys: ApiKeysService) {}

  @Get()
  @ApiOperation({ summary: 'List API keys, newest first, the ended ones too' })
  @ApiQuery({ name: 'agent_id', required: false, description: 'Only keys of this agent' })
  @ApiPage('The keys; `last_used_at` is behind by two minutes at most', apiKeySchema, apiKeyExamples.listed)
  @ApiErrors(400, 401, 403, 429, 503)
  async list(@Query() query: Record<string, unknown>): Promise<Page<object>> {
    const page = parsePageRequest(query);
    return toPage(await this.keys.page(page, agentIdOf(query)), page.limit, apiKeyView);
  }

  @Post()
  @Idempotent({ keyOptional: true, secretReply: true })
  @ApiOperation({ summary: 'Make an API key, and an agent for it unless one is named' })
  @ApiBody({ type: CreateApiKeyDto, examples: apiKeyExamples.create })
  @ApiOptionalKey()
  @ApiAnswer(201, 'The key; `key` is shown this once', madeKeySchema, apiKeyExamples.made)
  @ApiErrors(400, 401, 403, 409, 413, 415, 422, 429, 503)
  async create(
    @AgentId() actor: string,
    @CurrentClaim() claim: Claim,
    @Body() { name, agent_id, scopes, expires_at }: CreateApiKeyDto,
  ): Promise<void> {
    const request = {
      name,
      agentId: agent_id ?? undefined,
      scopes: scopes ?? ['agent'],
      expiresAt: expires_at == null ? undefined : new Date(expires_at),
      actor,
    };
    await this.keys.create(request, finish(claim));
  }

  @Post(':id/rotate')
  @ApiId('Id of the key')
  @Idempotent({ keyOptional: true, secretReply: true })
  @ApiOperation({
    summary: 'Replace an API key by a new one with the same name, agent and scopes',
    description:
      'The old key works for `overlap_seconds` more. Give it some when you rotate the key you call with: if the ' +
      'answer is lost, the old key can still ask for it again under the same `Idempotency-Key`. A key that expires ' +
      'gets the same time to live again.',
  })
  @ApiBody({ type: RotateApiKeyDto, examples: apiKeyExamples.rotate })
  @ApiOptionalKey()
  @ApiAnswer(201, 'The new key; `key` is shown this once', madeKeySchema, apiKeyExamples.made)
  @ApiErrors(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)
  @ApiResponse(errorExample('The key has ended, or was rotated before', accessErrors.keyReplaced()))
  async rotate(
    @AgentId() actor: string,
    @Param('id') id: string,
    @CurrentClaim() claim: Claim,
    @Body() { overlap_seconds }: RotateApiKeyDto,
  ): Promise<void> {
    await this.keys.rotate(id, { overlapSeconds: overlap_seconds ?? 0, actor }, finish(claim));
  }

  @Delete(':id')
  @ApiId('Id of the key')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Revoke an API key, everywhere within two seconds',
    description: 'Its row stays, so that a restart does not bring a key of the environment back.',
  })
  @ApiResponse({ status: 204, description: 'It is revoked, or was before' })
  @ApiErrors(401, 403, 404, 429, 503)
  @ApiResponse(errorExample('The last key that can administer the shop', accessErrors.lastAdminKey()))
  async revoke(@AgentId() actor: string, @Param('id') id: string): Promise<void> {
    await this.keys.end(id, actor);
  }
}

function agentIdOf({ agent_id }: Record<string, unknown>): string | undefined {
  if (agent_id === undefined) return undefined;
  if (typeof agent_id === 'string' && /^[\x21-\x7e]{1,64}$/.test(agent_id)) return agent_id;
  throw apiErrors.invalid('$.agent_id', 'agent_id must be given once, and be the id of an agent.');
}

const finish =
  (claim: Claim) =>
  (tx: Tx, made: MadeKey): Promise<void> =>
    claim.finish(tx, { status: 201, body: madeKeyView(made) });
