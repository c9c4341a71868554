import { type Markup, markup } from '../../common/markup.js';
import type { AdjustmentView, OrderView } from '../order.view.js';
import { badge, contents, day, type Line, type Money, section } from './order-page.parts.js';
import { adjustmentWords, outcomeWords } from './order-page.words.js';

/** Totals that the protocol gives without a sign. */
const lessening = ['items_discount', 'discount', 'amount_refunded'];

/** What was bought and what it cost. */
export function itemsSection(view: OrderView, money: Money): Markup {
  const totals = view.totals.filter(({ type }) => type !== 'items_base_amount');
  return section(
    'items',
    'Items',
    markup`<table>
<caption>What was ordered and what it cost</caption>
<thead><tr><th scope="col">Item</th><th scope="col">Quantity</th><th scope="col">Price</th></tr></thead>
<tbody>${view.line_items.map((line) => itemRow(line, view.adjustments, money))}</tbody>
<tfoot>${totals.map(
      ({ type, display_text: text, amount }) => markup`
<tr class="${type}"><th scope="row" colspan="2">${text}</th>
<td>${money(lessening.includes(type) ? -amount : amount)}</td></tr>`,
    )}</tfoot>
</table>`,
  );
}

const itemRow = (line: Line, adjustments: AdjustmentView[], money: Money): Markup => markup`
<tr><th scope="row">${line.title}${notesOf(line, adjustments).map((note) => markup` <small>${note}</small>`)}</th>
<td>${line.quantity.ordered}</td><td>${money(line.subtotal)}</td></tr>`;

function notesOf({ id, quantity: { current, fulfilled } }: Line, adjustments: AdjustmentView[]): string[] {
  const pieces = (type: string): number =>
    adjustments
      .filter((one) => one.type === type)
      .flatMap(({ line_items: items = [] }) => items)
      .filter((item) => item.id === id)
      .reduce((sum, { quantity }) => sum + quantity, 0);
  const [canceled, returned] = [pieces('cancellation'), pieces('return')];
  return [
    ...(fulfilled > 0 && fulfilled < current ? [`${fulfilled} of ${current} sent`] : []),
    ...(canceled > 0 ? [`${canceled} canceled`] : []),
    ...(returned > 0 ? [`${returned} returned`] : []),
  ];
}

/** What has changed since it was bought. */
export const changesSection = ({ adjustments, line_items: lines }: OrderView, money: Money): Markup =>
  section(
    'changes',
    'Refunds and changes',
    markup`<ul class="changes">${adjustments.map((one) => change(one, lines, money))}</ul>`,
  );

function change(adjustment: AdjustmentView, lines: Line[], money: Money): Markup {
  const { type, status, occurred_at: at, amount, line_items: items, description, reason } = adjustment;
  const why = description ?? reason;
  return markup`
<li><div class="head">
<span>${adjustmentWords(type)}${amount !== undefined && markup` of <strong>${money(amount)}</strong>`}</span>
${badge(outcomeWords(type, status))}
</div>
${items && markup`<p>${contents(items, lines)}</p>`}
${why !== undefined && markup`<p class="soft">${why}</p>`}
${day(at)}</li>`;
}
