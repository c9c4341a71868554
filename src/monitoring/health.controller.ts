import { Controller, Get, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { Public } from '../access/scopes.js';
import { ApiAnswer } from '../common/http/api-docs.js';
import { a, shape, text, word } from '../common/http/schema.js';
import { within } from '../common/pause.js';
import { Database } from '../database/database.js';
import { pendingMigrations } from '../database/migrate.js';
import { QueueService } from '../queue/queue.service.js';

type Check = { status: 'ok' } | { status: 'failed'; reason: string };

const checkTimeoutMs = 2_000;

const checkSchema = shape('HealthCheck', {
  status: word('How it went', ['ok', 'failed']),
  'reason?': text('What is wrong'),
});
const readinessSchema = shape('Readiness', {
  status: word('Whether all checks went well', ['ok', 'failed']),
  checks: a(
    'What was looked at',
    shape('HealthChecks', {
      database: a('Whether it answers', checkSchema),
      migrations: a('Whether all have been applied', checkSchema),
      queue: a('Whether jobs can be queued', checkSchema),
    }),
  ),
});
const readyExample = {
  status: 'ok',
  checks: { database: { status: 'ok' }, migrations: { status: 'ok' }, queue: { status: 'ok' } },
};

@ApiTags('Operations')
@Public()
@Controller('health')
export class HealthController {
  constructor(
    private readonly db: Database,
    private readonly queue: QueueService,
  ) {}

  @Get('live')
  @ApiOperation({ summary: 'The process is up' })
  @ApiAnswer(200, 'It is', shape('Liveness', { status: word('Always `ok`', ['ok']) }), { status: 'ok' })
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** Payment providers are not asked: one being down is no reason to take every process out of service. */
  @Get('ready')
  @ApiOperation({ summary: 'The process can serve: database, migrations and queue' })
  @ApiAnswer(200, 'It can', readinessSchema, readyExample)
  @ApiAnswer(503, 'One of the checks failed', readinessSchema, {
    ...readyExample,
    status: 'failed',
    checks: { ...readyExample.checks, database: { status: 'failed', reason: 'not available' } },
  })
  async ready(@Res({ passthrough: true }) response: Response): Promise<object> {
    const [database, migrations, queue] = await Promise.all([
      check(() => this.db.query('SELECT 1')),
      check(() => this.checkMigrations()),
      check(() => this.queue.ping()),
    ]);
    const checks: Record<string, Check> = { database, migrations, queue };
    const ready = Object.values(checks).every(({ status }) => status === 'ok');
    if (!ready) response.status(503).setHeader('Retry-After', '2');
    return { status: ready ? 'ok' : 'failed', checks };
  }

  private async checkMigrations(): Promise<void> {
    const pending = await pendingMigrations((sql) => this.db.query(sql));
    if (pending.length > 0) throw new Error(`${pending.length} migrations are pending`);
  }
}

async function check(probe: () => Promise<unknown>): Promise<Check> {
  try {
    const late = Symbol('late');
    const result = await within(probe(), checkTimeoutMs, late);
    return result === late ? { status: 'failed', reason: 'no answer in time' } : { status: 'ok' };
  } catch {
    // The reason is in the log of whoever lost the connection; this page is open to everyone.
    return { status: 'failed', reason: 'not available' };
  }
}
