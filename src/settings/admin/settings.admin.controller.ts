import { Body, Controller, Get, Headers, HttpCode, Param, Patch, Post, Query, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiHeader,
  ApiOperation,
  ApiQuery,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import type { Response } from 'express';
import { AgentId } from '../../access/caller.decorator.js';
import { RequireScope } from '../../access/scopes.js';
import { ApiAnswer, ApiErrors, ApiId, ApiOptionalKey, ApiPage } from '../../common/http/api-docs.js';
import { open } from '../../common/http/schema.js';
import type { Page } from '../../common/paging.js';
import type { Claim } from '../../idempotency/claim.js';
import { CurrentClaim, Idempotent } from '../../idempotency/idempotent.decorator.js';
import { type Change, ChangeSettingsService } from '../changes/change-settings.service.js';
import { SettingsOverviewService } from '../changes/settings-overview.service.js';
import { etagOf } from '../settings.errors.js';
import {
  changeExamples,
  checkoutExample,
  historyExample,
  previewExample,
  schemasExample,
} from './settings.examples.js';
import { parseDryRun, parseHistoryPage, parseIfMatch, RollbackSettingsDto } from './settings.requests.js';
import { changedSchema, historySchema, namespaceSchema, namespacesSchema } from './settings.schemas.js';

type Query = Record<string, unknown>;

const ForNamespace = (): MethodDecorator => ApiId('Name of the namespace', 'checkout', 'namespace');
const AsTrial = (): MethodDecorator =>
  ApiQuery({
    name: 'dry_run',
    required: false,
    enum: ['true', 'false'],
    description: '`true`: nothing is written; the answer says what would change and everything that is wrong',
  });
const OnVersion = (): MethodDecorator =>
  ApiHeader({
    name: 'If-Match',
    required: false,
    description:
      'The version this change was made for, as `ETag` and `version` tell it. If it is no longer the current one, ' +
      'the answer is 409 with the current one in `ETag`. Without it the change is made to whatever is current.',
  });
const Changed = (): MethodDecorator =>
  ApiResponse({
    status: 200,
    description: 'The namespace as it is now; with `dry_run` only `valid`, `errors` and `changes`',
    content: {
      'application/json': {
        schema: changedSchema,
        examples: { changed: { value: checkoutExample }, 'with dry_run=true': { value: previewExample } },
      },
    },
  });

/** What the merchant changes while the shop runs. */
@ApiTags('Settings')
@ApiBearerAuth()
@RequireScope('admin')
@Controller('admin/settings')
export class SettingsAdminController {
  constructor(
    private readonly overview: SettingsOverviewService,
    private readonly changing: ChangeSettingsService,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'All settings, by namespace',
    description:
      'Each member with its value, its default, and where the value comes from: what was stored here wins over the ' +
      'environment, the environment over the default. Secrets only say whether they are set, and their last four characters.',
  })
  @ApiAnswer(200, 'All namespaces', namespacesSchema, { data: [checkoutExample], next_cursor: null })
  @ApiErrors(401, 403, 429, 503)
  list(): Promise<Page<object>> {
    return this.overview.list();
  }

  @Get('schema')
  @ApiOperation({ summary: 'JSON Schema (2020-12) of every namespace' })
  @ApiAnswer(200, 'The schemas', open('The schema of each namespace', { type: 'object' }), schemasExample)
  @ApiErrors(401, 403, 429, 503)
  schemas(): Record<string, object> {
    return this.overview.schemas();
  }

  @Get(':namespace')
  @ForNamespace()
  @ApiOperation({ summary: 'One namespace; its version is also in the header ETag' })
  @ApiAnswer(200, 'The namespace', namespaceSchema, checkoutExample)
  @ApiErrors(401, 403, 404, 429, 503)
  async get(
    @Param('namespace') namespace: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<object> {
    const { version, body } = await this.overview.find(namespace);
    response.setHeader('ETag', etagOf(version));
    return body;
  }

  @Patch(':namespace')
  @Idempotent({ keyOptional: true })
  @ForNamespace()
  @AsTrial()
  @OnVersion()
  @ApiOptionalKey()
  @ApiOperation({
    summary: 'Change members of a namespace',
    description:
      'Each named member is replaced whole; `null` takes it back to the environment or the default. The whole ' +
      'namespace is validated and every error is told at once. In effect in every process within two seconds.',
  })
  @ApiBody({ schema: { type: 'object' }, examples: changeExamples })
  @Changed()
  @ApiErrors(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)
  change(
    @AgentId() actor: string,
    @Param('namespace') namespace: string,
    @Query() query: Query,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() patch: unknown,
    @CurrentClaim() claim: Claim,
  ): Promise<void> {
    return this.make({ patch }, { actor, namespace, query, ifMatch }, claim);
  }

  @Get(':namespace/history')
  @ForNamespace()
  @ApiOperation({
    summary: 'Every version of a namespace, newest first',
    description:
      '`values` is what was stored then. In `changes` a member that was not stored shows what the environment or ' +
      'the default says today. A secret that was changed is listed and never shown.',
  })
  @ApiPage('The versions', historySchema, historyExample)
  @ApiErrors(400, 401, 403, 404, 429, 503)
  history(@Param('namespace') namespace: string, @Query() query: Query): Promise<Page<object>> {
    return this.overview.history(namespace, parseHistoryPage(query));
  }

  @Post(':namespace/rollback')
  @HttpCode(200)
  @Idempotent({ keyOptional: true })
  @ForNamespace()
  @AsTrial()
  @OnVersion()
  @ApiOptionalKey()
  @ApiOperation({ summary: 'Bring the values of an earlier version back, as a new version' })
  @ApiBody({ type: RollbackSettingsDto, examples: { 'as before any change': { value: { version: 0 } } } })
  @Changed()
  @ApiErrors(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)
  rollback(
    @AgentId() actor: string,
    @Param('namespace') namespace: string,
    @Query() query: Query,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() { version }: RollbackSettingsDto,
    @CurrentClaim() claim: Claim,
  ): Promise<void> {
    return this.make({ restore: version }, { actor, namespace, query, ifMatch }, claim);
  }

  private make(
    change: Change,
    asked: { actor: string; namespace: string; query: Query; ifMatch: string | undefined },
    claim: Claim,
  ): Promise<void> {
    const { actor, namespace, query, ifMatch } = asked;
    const request = { actor, namespace, expected: parseIfMatch(ifMatch), dryRun: parseDryRun(query) };
    return this.changing.change(request, change, (tx, reply) => claim.finish(tx, { status: 200, ...reply }));
  }
}
