import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { stringify } from 'csv-stringify';
import type { Response } from 'express';
import { RequireScope } from '../../access/scopes.js';
import { ApiErrors } from '../../common/http/api-docs.js';
import { download } from '../../common/http/download.js';
import { Config } from '../../config/config.js';
import { OrderFilters } from './order-filters.docs.js';
import { OrderSearchService } from './order-search.service.js';
import { orderColumns, OrdersCsvService } from './orders-csv.service.js';

const example = `${orderColumns.join(',')}
ord_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1,1001,2026-11-22T12:00:00.000Z,confirmed,paid,agt_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1,usd,14464,500,3,ada@example.com,stripe,pi_123
`;

@ApiTags('Orders')
@ApiBearerAuth()
@RequireScope('admin')
@Controller('admin/orders.csv')
export class OrdersCsvAdminController {
  constructor(
    private readonly search: OrderSearchService,
    private readonly csv: OrdersCsvService,
    private readonly config: Config,
  ) {}

  @Get()
  @ApiOperation({ summary: 'All orders that fit as CSV, newest first' })
  @OrderFilters()
  @ApiResponse({
    status: 200,
    description:
      'UTF-8 with a header row; amounts in minor units. A text that a spreadsheet would run gets a leading quote',
    content: { 'text/csv': { schema: { type: 'string' }, example } },
  })
  @ApiErrors(400, 401, 403, 429, 503)
  async export(@Query() query: Record<string, unknown>, @Res() response: Response): Promise<void> {
    await download(response, this.csv.rows(await this.search.filterOf(query)), {
      contentType: 'text/csv; charset=utf-8',
      filename: 'orders.csv',
      stalledReaderMs: this.config.timings.stalledReaderMs,
      format: stringify({ header: true, columns: orderColumns, escape_formulas: true }),
    });
  }
}
