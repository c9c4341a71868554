import { Body, Controller, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AgentId } from '../access/caller.decorator.js';
import { RequireScope } from '../access/scopes.js';
import { ApiAnswer, ApiErrors, ApiId, ApiOptionalKey, ApiPage } from '../common/http/api-docs.js';
import { type Page, parsePageRequest, toPage } from '../common/paging.js';
import type { Claim } from '../idempotency/claim.js';
import { CurrentClaim, Idempotent } from '../idempotency/idempotent.decorator.js';
import { InventoryCheckService } from './inventory-check.service.js';
import { ChangeInventoryDto } from './inventory.dto.js';
import {
  inventoryCheckSchema,
  inventoryRepairSchema,
  inventorySchema,
  movementSchema,
} from './inventory.schemas.js';
import { InventoryService } from './inventory.service.js';
import { inventoryView, movementView } from './inventory.view.js';

const inventoryExample = {
  item_id: 'item_trail_shoe_9',
  tracked: true,
  on_hand: 25,
  reserved: 1,
  available: 24,
};
const movementExample = {
  id: 'mov_1042',
  item_id: 'item_trail_shoe_9',
  change: -1,
  on_hand: 24,
  reason: 'sale',
  reference: 'cs_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
  actor: 'checkout',
  note: null,
  at: '2026-11-22T12:00:00.000Z',
};
const brokenExample = {
  item_id: 'item_trail_shoe_10',
  problems: ['reserved'],
  tracked: true,
  on_hand: 3,
  reserved: 2,
  held: 0,
  ledger: 3,
};

/** What is on the shelf, what of it is held for checkouts under way, and how it came to be so. */
@ApiTags('Inventory')
@ApiBearerAuth()
@RequireScope('admin')
@Controller('admin')
export class InventoryAdminController {
  constructor(
    private readonly inventory: InventoryService,
    private readonly checks: InventoryCheckService,
  ) {}

  @Get('items/:id/inventory')
  @ApiOperation({
    summary: 'The stock of an item',
    description:
      '`available` is what can be bought now; null where stock is not counted. Removed items keep their stock.',
  })
  @ApiId('Id of the item', 'item_trail_shoe_9')
  @ApiAnswer(200, 'The stock', inventorySchema, inventoryExample)
  @ApiErrors(401, 403, 404, 429, 503)
  async get(@Param('id') itemId: string): Promise<object> {
    return inventoryView(await this.inventory.find(itemId));
  }

  @Patch('items/:id/inventory')
  @Idempotent({ keyOptional: true })
  @ApiOperation({
    summary: 'Set the stock of an item, or add to it',
    description:
      '`on_hand` after a count, `delta` for a delivery: nothing sold meanwhile is lost. What is reserved has to stay covered: 409 `below_reserved`.',
  })
  @ApiId('Id of the item', 'item_trail_shoe_9')
  @ApiOptionalKey()
  @ApiBody({
    type: ChangeInventoryDto,
    examples: {
      'a count': { value: { on_hand: 40, reason: 'stock count of May' } },
      'a delivery': { value: { delta: 12 } },
      'no longer counted': { value: { tracked: false } },
    },
  })
  @ApiAnswer(200, 'The stock', inventorySchema, inventoryExample)
  @ApiErrors(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)
  change(
    @AgentId() actor: string,
    @CurrentClaim() claim: Claim,
    @Param('id') itemId: string,
    @Body() { tracked, on_hand: onHand, delta, reason }: ChangeInventoryDto,
  ): Promise<void> {
    const wish = { itemId, tracked, onHand, delta, at: '$' };
    return this.inventory.change(wish, { actor, note: reason ?? null }, claim, (stock) => ({
      status: 200,
      body: inventoryView(stock),
    }));
  }

  @Get('items/:id/movements')
  @ApiOperation({
    summary: 'The ledger of an item, newest first',
    description:
      'Every change of what is on hand: sales (`reference` is the checkout session), returns, counts and imports.',
  })
  @ApiId('Id of the item', 'item_trail_shoe_9')
  @ApiPage('The movements', movementSchema, movementExample)
  @ApiErrors(400, 401, 403, 404, 429, 503)
  async movements(
    @Param('id') itemId: string,
    @Query() query: Record<string, unknown>,
  ): Promise<Page<object>> {
    const { limit, afterId } = parsePageRequest(query, /^mov_\d{1,15}$/);
    const before = afterId === undefined ? null : Number(afterId.slice('mov_'.length));
    const movements = await this.inventory.movements(itemId, limit, before);
    return toPage(movements.map(movementView), limit, (movement) => movement);
  }

  @Get('inventory/check')
  @ApiOperation({
    summary: 'Whether stock, holds and ledger agree',
    description:
      'Changes nothing; happens by itself once a day. `problems`: `reserved` is not what the checkouts hold, more is ' +
      'reserved than is on hand (`uncovered`), or the ledger does not add up to what is on hand (`ledger`).',
  })
  @ApiAnswer(200, 'What was found', inventoryCheckSchema, {
    ok: false,
    items: 7,
    broken: [brokenExample],
    more: false,
  })
  @ApiErrors(401, 403, 429, 503)
  check(): Promise<object> {
    return this.checks.check();
  }

  @Post('inventory/repair')
  @HttpCode(200)
  @Idempotent({ keyOptional: true })
  @ApiOperation({
    summary: 'Bring stock, holds and ledger back in line',
    description:
      '`reserved` becomes what the checkouts hold, the ledger gets an entry for what it missed. What is on hand is not ' +
      'touched: where the holds are more than that, count the shelf and set it.',
  })
  @ApiOptionalKey()
  @ApiAnswer(200, 'What was mended', inventoryRepairSchema, {
    repaired: [{ ...brokenExample, reserved: 0, problems: [] }],
    left: [],
  })
  @ApiErrors(400, 401, 403, 409, 422, 429, 503)
  repair(@AgentId() actor: string, @CurrentClaim() claim: Claim): Promise<void> {
    return this.checks.repair(actor, claim);
  }
}
