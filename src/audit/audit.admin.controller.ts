import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { RequireScope } from '../access/scopes.js';
import { ApiErrors, ApiPage } from '../common/http/api-docs.js';
import { download } from '../common/http/download.js';
import { type Page, parsePageRequest, toPage } from '../common/paging.js';
import { Config } from '../config/config.js';
import type { ChainedEntry } from './audit-chain.js';
import { auditEntryExample } from './audit.examples.js';
import { auditFilters, parseAuditFilter } from './audit.filter.js';
import { listedEntrySchema } from './audit.schemas.js';
import { AuditStore, type Moment, type ShownEntry } from './audit.store.js';
import { auditEntryView } from './audit.view.js';

/** Every change that somebody made: who, what, on which request, how it was before and after. */
@ApiTags('Audit log')
@ApiBearerAuth()
@RequireScope('admin')
@Controller('admin')
export class AuditAdminController {
  constructor(
    private readonly entries: AuditStore,
    private readonly config: Config,
  ) {}

  @Get('audit-log')
  @ApiOperation({
    summary: 'Who changed what, newest first',
    description:
      'Secrets show as set or not, what may tell of a person as a keyed hash that is the same for the same value. ' +
      'Each `hash` covers the entry and the one before it: `npm run audit:verify` checks that none was changed or removed.',
  })
  @ApiQuery({ name: 'actor', description: auditFilters.actor, type: String, required: false })
  @ApiQuery({ name: 'action', description: auditFilters.action, type: String, required: false })
  @ApiQuery({ name: 'subject', description: auditFilters.subject, type: String, required: false })
  @ApiQuery({ name: 'request_id', description: auditFilters.request_id, type: String, required: false })
  @ApiQuery({ name: 'from', description: auditFilters.from, type: String, required: false })
  @ApiQuery({ name: 'to', description: auditFilters.to, type: String, required: false })
  @ApiPage('The entries', listedEntrySchema, auditEntryExample)
  @ApiErrors(400, 401, 403, 429, 503)
  async list(@Query() query: Record<string, unknown>): Promise<Page<object>> {
    const { limit, afterId } = parsePageRequest(query, cursorPattern);
    const entries = await this.entries.find(parseAuditFilter(query), limit + 1, momentOf(afterId));
    return toPage(entries.map(listed), limit, ({ view }) => view);
  }

  @Get('audit-log.jsonl')
  @ApiOperation({
    summary: 'The whole audit log as JSON Lines, oldest first',
    description: '`npm run audit:verify -- --file audit-log.jsonl` checks the file, without the database.',
  })
  @ApiResponse({
    status: 200,
    description: 'One entry per line, from the first to the last',
    content: {
      'application/x-ndjson': {
        schema: { type: 'string' },
        example: `${JSON.stringify(auditEntryExample)}\n`,
      },
    },
  })
  @ApiErrors(401, 403, 429, 503)
  async export(@Res() response: Response): Promise<void> {
    await download(response, this.entries.chain(), {
      contentType: 'application/x-ndjson; charset=utf-8',
      filename: 'audit-log.jsonl',
      stalledReaderMs: this.config.timings.stalledReaderMs,
      format: asLines,
    });
  }
}

async function* asLines(entries: AsyncIterable<ChainedEntry>): AsyncGenerator<string> {
  for await (const entry of entries) yield `${JSON.stringify(auditEntryView(entry))}\n`;
}

/** Milliseconds and position. */
const cursorPattern = /^\d{1,14}-\d{1,15}$/;

function momentOf(cursor: string | undefined): Moment | undefined {
  if (cursor === undefined) return undefined;
  const [at, position] = cursor.split('-').map(Number) as [number, number];
  return { at: new Date(at), position };
}

/** With what the cursor is made of. */
const listed = ({ actorName, ...entry }: ShownEntry): { id: string; view: object } => ({
  id: `${Date.parse(entry.at)}-${entry.position}`,
  view: auditEntryView(entry, actorName),
});
