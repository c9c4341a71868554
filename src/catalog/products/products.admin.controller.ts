import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiConsumes,
  ApiOperation,
  ApiQuery,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { AgentId } from '../../access/caller.decorator.js';
import { RequireScope } from '../../access/scopes.js';
import { ApiAnswer, ApiErrors, ApiId, ApiOptionalKey, ApiPage } from '../../common/http/api-docs.js';
import { BodyFile, Spooled, type SpooledBody } from '../../common/http/spooled-body.js';
import { type Page, parsePageRequest, toPage } from '../../common/paging.js';
import type { Claim } from '../../idempotency/claim.js';
import { CurrentClaim, Idempotent } from '../../idempotency/idempotent.decorator.js';
import { importBody } from './import-body.js';
import { ProductImportService } from './product-import.service.js';
import { ProductChangesDto, ProductDto } from './product.dto.js';
import {
  changedProductExamples,
  importExample,
  importReportExample,
  newProductExamples,
  productExample,
} from './product.examples.js';
import { filterOf, importOptionsOf, productId } from './product.query.js';
import { importReportSchema, productSchema } from './product.schemas.js';
import { productView } from './product.view.js';
import { ProductsService } from './products.service.js';

/** What the shop sells. A product is sold as one or more items, its variants; each has its prices and its stock. */
@ApiTags('Catalogue')
@ApiBearerAuth()
@RequireScope('admin')
@Controller('admin/products')
export class ProductsAdminController {
  constructor(
    private readonly products: ProductsService,
    private readonly imports: ProductImportService,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List products with their items and stock, in the order of their ids' })
  @ApiQuery({ name: 'category', required: false, description: 'Of this category, such as `shoes`' })
  @ApiQuery({ name: 'q', required: false, description: 'The beginning of a name, in any case, or of an id' })
  @ApiQuery({
    name: 'on_sale',
    required: false,
    enum: ['true', 'false'],
    description: 'With an item on sale, or with none',
  })
  @ApiPage('The products', productSchema, productExample)
  @ApiErrors(400, 401, 403, 429, 503)
  async list(@Query() query: Record<string, unknown>): Promise<Page<object>> {
    const { limit, afterId } = parsePageRequest(query, productId);
    return toPage(await this.products.list(filterOf(query), limit, afterId), limit, productView);
  }

  @Post()
  @Idempotent({ keyOptional: true })
  @ApiOperation({
    summary: 'Create a product with its items',
    description:
      'Agents can buy it at once. Ids may be your own: 409 if there is such a product, or another one has such an item. ' +
      'A new item has nothing in stock unless `inventory` says so; a download needs none.',
  })
  @ApiOptionalKey()
  @ApiBody({ type: ProductDto, examples: newProductExamples })
  @ApiAnswer(201, 'The product', productSchema, productExample)
  @ApiErrors(400, 401, 403, 409, 413, 415, 422, 429, 503)
  create(@AgentId() actor: string, @CurrentClaim() claim: Claim, @Body() product: ProductDto): Promise<void> {
    return this.products.create(product, actor, claim, (made) => ({ status: 201, body: productView(made) }));
  }

  @Post('import')
  @HttpCode(200)
  @Spooled(importBody)
  @Idempotent({ keyOptional: true })
  @ApiOperation({
    summary: 'Create and replace many products, one per line',
    description:
      'JSON Lines: each line is a product as in create, with ids for it and its items. A product that exists is replaced ' +
      'whole: items that the line does not name are removed; stock stays unless `inventory` sets it. Each line ' +
      'is in whole or not at all, and one that is wrong does not keep the others out, so the same text may be sent ' +
      'again. At most 50 MB and 100,000 lines of 256 kB. An import that was interrupted has the lines that came before; ' +
      'with a key, whoever did not wait for the report gets it by sending the same again.',
  })
  @ApiOptionalKey()
  @ApiQuery({
    name: 'dry_run',
    required: false,
    enum: ['true', 'false'],
    description: 'Says what would happen and changes nothing',
  })
  @ApiQuery({
    name: 'report',
    required: false,
    enum: ['all', 'failures'],
    description: 'Which lines are listed; without it, beyond 1,000 lines only those that failed',
  })
  @ApiConsumes('application/x-ndjson')
  @ApiBody({
    schema: { type: 'string', description: 'One product per line, as JSON', example: importExample },
  })
  @ApiAnswer(200, 'What became of the lines', importReportSchema, importReportExample)
  @ApiErrors(400, 401, 403, 409, 413, 415, 422, 429, 503)
  import(
    @AgentId() actor: string,
    @CurrentClaim() claim: Claim,
    @Query() query: Record<string, unknown>,
    @BodyFile() body: SpooledBody,
  ): Promise<void> {
    return this.imports.run(body, { ...importOptionsOf(query), actor }, claim);
  }

  @Get(':id')
  @ApiOperation({ summary: 'One product with its items and stock' })
  @ApiId('Id of the product', 'prod_trail_shoe')
  @ApiAnswer(200, 'The product', productSchema, productExample)
  @ApiErrors(401, 403, 404, 429, 503)
  async get(@Param('id') id: string): Promise<object> {
    return productView(await this.products.find(id));
  }

  @Patch(':id')
  @Idempotent({ keyOptional: true })
  @ApiOperation({
    summary: 'Change a product',
    description:
      'What is absent stays, null clears `description`, `category`, `images`, `variant_options` and `max_per_order`. Items ' +
      'are merged by id: those that are not named stay, a new one is added, `remove` takes one out. Open carts are ' +
      'priced anew before they are paid, and their buyers are told.',
  })
  @ApiId('Id of the product', 'prod_trail_shoe')
  @ApiOptionalKey()
  @ApiBody({ type: ProductChangesDto, examples: changedProductExamples })
  @ApiAnswer(200, 'The product', productSchema, productExample)
  @ApiErrors(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)
  change(
    @AgentId() actor: string,
    @CurrentClaim() claim: Claim,
    @Param('id') id: string,
    @Body() changes: ProductChangesDto,
  ): Promise<void> {
    return this.products.change(id, changes, actor, claim, (changed) => ({
      status: 200,
      body: productView(changed),
    }));
  }

  @Delete(':id')
  @HttpCode(204)
  @Idempotent({ keyOptional: true })
  @ApiOperation({
    summary: 'Remove a product and its items',
    description:
      'It is sold to nobody any more, in open carts either. Orders keep what they say of it, and its stock and ledger ' +
      'stay. The id may be used again.',
  })
  @ApiId('Id of the product', 'prod_trail_shoe')
  @ApiOptionalKey()
  @ApiResponse({ status: 204, description: 'Removed' })
  @ApiErrors(400, 401, 403, 404, 409, 422, 429, 503)
  remove(@AgentId() actor: string, @CurrentClaim() claim: Claim, @Param('id') id: string): Promise<void> {
    return this.products.remove(id, actor, claim, { status: 204, body: null });
  }
}
