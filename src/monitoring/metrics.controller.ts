import { Controller, Get, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { OpenAtAdminPort, RequireScope } from '../access/scopes.js';
import { ApiErrors } from '../common/http/api-docs.js';
import { Metrics } from '../common/metrics.js';

const example = `# HELP webhook_inbound_received_total Provider webhooks whose signature was right and that were stored.
# TYPE webhook_inbound_received_total counter
webhook_inbound_received_total{provider="stripe",type="payment_intent.succeeded"} 3
`;

/** What this process has counted; each process is scraped by itself. A key with `admin:read` is enough. */
@ApiTags('Operations')
@ApiBearerAuth()
@RequireScope('admin')
@OpenAtAdminPort()
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  @Get()
  @ApiOperation({ summary: 'Counters and gauges for Prometheus; needs no key at ADMIN_PORT' })
  @ApiResponse({
    status: 200,
    description: 'The Prometheus text format',
    content: { 'text/plain': { schema: { type: 'string', example } } },
  })
  @ApiErrors(401, 403, 429, 503)
  async show(@Res({ passthrough: true }) response: Response): Promise<string> {
    const text = await this.metrics.render();
    response.setHeader('Content-Type', this.metrics.contentType);
    return text;
  }
}
