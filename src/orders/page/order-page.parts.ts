import { type Markup, markup } from '../../common/markup.js';
import type { LineQuantity } from '../fulfillments/order-fulfillment.entity.js';
import type { OrderView } from '../order.view.js';
import type { Words } from './order-page.words.js';

export type Money = (amount: number) => string;
export type Line = OrderView['line_items'][number];

export const section = (id: string, title: string, content: Markup | Markup[]): Markup => markup`
<section aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
${content}
</section>`;

export const badge = ({ text, tone }: Words): Markup =>
  markup`<strong class="status ${tone}">${text}</strong>`;

/** Pieces in words: `2 × Merino Tee, 1 × Enamel Mug`. */
export const contents = (items: LineQuantity[], lines: Line[]): string =>
  items
    .map(({ id, quantity }) => `${quantity} × ${lines.find((line) => line.id === id)?.title ?? 'item'}`)
    .join(', ');

const inUtc = { timeZone: 'UTC', day: 'numeric', month: 'long', year: 'numeric' } as const;
const days = new Intl.DateTimeFormat('en-GB', inUtc);
const moments = new Intl.DateTimeFormat('en-GB', { ...inUtc, hour: '2-digit', minute: '2-digit' });

export const day = (iso: string): Markup =>
  markup`<time datetime="${iso}">${days.format(new Date(iso))}</time>`;

export const moment = (iso: string): Markup =>
  markup`<time datetime="${iso}">${moments.format(new Date(iso))} UTC</time>`;
