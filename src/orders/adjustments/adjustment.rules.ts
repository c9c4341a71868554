import { apiErrors } from '../../common/api-error.js';
import type { LineQuantity } from '../fulfillments/order-fulfillment.entity.js';
import type { AdjustmentChange, OrderLife } from '../order-life.js';
import { namedPieces } from '../order-lines.js';
import { type Pieces, unallocated } from '../order-pieces.js';
import type { Order, OrderLine } from '../order.entity.js';
import { orderErrors } from '../orders.errors.js';
import type { AdjustmentDto, RecordedType } from './adjustment.dto.js';

interface Rule {
  needs: 'amount' | 'line_items';
  /** How many pieces of a line it can be about, and what they are. */
  are: string;
  most: (line: OrderLine, pieces: Pieces) => number;
  /** Whether pieces go back on the shelf if nothing is said; null if they never do. */
  restocks: boolean | null;
  afterCancel?: true;
}

const ordered = ({ ordered: pieces }: OrderLine): number => pieces;

const rules: Record<RecordedType, Rule> = {
  credit: { needs: 'amount', are: 'were ordered', most: ordered, restocks: null, afterCancel: true },
  price_adjustment: { needs: 'amount', are: 'were ordered', most: ordered, restocks: null },
  exchange: {
    needs: 'line_items',
    are: 'are part of the order',
    most: ({ current }) => current,
    restocks: null,
  },
  return: {
    needs: 'line_items',
    are: 'are with the buyer or on their way',
    most: ({ fulfilled }) => fulfilled,
    restocks: false,
  },
  cancellation: {
    needs: 'line_items',
    are: 'are in no fulfillment and can be canceled',
    most: unallocated,
    restocks: true,
  },
};

/** An adjustment that a merchant records and what of it goes back on the shelf, or the reason why it cannot be. */
export function adjust(
  life: OrderLife,
  id: string,
  asked: AdjustmentDto,
): { adjustment: AdjustmentChange; restock: LineQuantity[] } {
  const { type, amount = null, reason = null, description = null } = asked;
  const rule = rules[type];
  if (life.order.merchantStatus === 'canceled' && !rule.afterCancel) throw orderErrors.alreadyCanceled();
  if (asked[rule.needs] == null) throw apiErrors.missing(`$.${rule.needs}`);
  refuseWrongMoney(life.order, asked);
  if (asked.restock && rule.restocks === null)
    throw apiErrors.invalid('$.restock', `Nothing comes back to the shelf by ${type}.`);
  const lineItems = namedPieces(asked.line_items ?? [], life, rule);
  const currency = amount === null ? null : life.order.currency;
  return {
    adjustment: { id, type, status: 'completed', amount, currency, reason, description, lineItems },
    restock: (asked.restock ?? rule.restocks) ? lineItems : [],
  };
}

function refuseWrongMoney({ total, currency }: Order, asked: AdjustmentDto): void {
  if (asked.currency != null && asked.currency !== currency) throw orderErrors.otherCurrency(currency);
  if ((asked.amount ?? 0) > total)
    throw apiErrors.invalid('$.amount', `The order was ${total} ${currency}, in minor units.`);
}
