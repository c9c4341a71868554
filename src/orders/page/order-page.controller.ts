import { Controller, Get, Header, Param, Res } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { Public } from '../../access/scopes.js';
import { ApiId } from '../../common/http/api-docs.js';
import { OrdersService } from '../orders.service.js';
import { notFoundPage, orderPage } from './order-page.js';

const html = { content: { 'text/html': { schema: { type: 'string' } } } };

/** The buyer's page. An order id carries 128 random bits: knowing it is the permission to look. */
@ApiTags('Pages')
@Public()
@Controller('orders')
export class OrderPageController {
  constructor(private readonly orders: OrdersService) {}

  @Get(':id')
  @ApiId('Id of the order')
  @ApiOperation({ summary: "The buyer's permalink page of an order (HTML)" })
  @ApiProduces('text/html')
  @ApiResponse({ status: 200, description: 'What was bought, what it cost and where it is', ...html })
  @ApiResponse({ status: 404, description: 'There is no such order', ...html })
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Cache-Control', 'no-store')
  @Header('Referrer-Policy', 'no-referrer')
  async show(@Param('id') id: string, @Res({ passthrough: true }) response: Response): Promise<string> {
    const found = await this.orders.find(id);
    if (!found) response.status(404);
    return found ? orderPage(found.order, found.view) : notFoundPage();
  }
}
