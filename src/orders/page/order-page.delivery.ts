import { type Markup, markup } from '../../common/markup.js';
import type { FulfillmentEventView, FulfillmentView } from '../fulfillments/fulfillment.view.js';
import type { OrderView } from '../order.view.js';
import { badge, contents, day, moment, section } from './order-page.parts.js';
import { eventWords, fulfillmentWords, typeWords } from './order-page.words.js';

/** Where everything is. */
export const deliverySection = (view: OrderView): Markup =>
  section(
    'delivery',
    'Delivery',
    view.fulfillments.map((one) => parcel(one, view)),
  );

/** Numbered where there are several of a kind. */
function nameOf({ id, type }: FulfillmentView, fulfillments: FulfillmentView[]): string {
  const alike = fulfillments.filter((one) => one.type === type);
  const number = alike.findIndex((one) => one.id === id) + 1;
  return alike.length > 1 ? `${typeWords(type)} ${number}` : typeWords(type);
}

function parcel(fulfillment: FulfillmentView, { line_items: lines, fulfillments }: OrderView): Markup {
  const { status, description, line_items: items, events } = fulfillment;
  const name = nameOf(fulfillment, fulfillments);
  return markup`
<article>
<div class="head"><h3>${name}</h3>${badge(fulfillmentWords(status))}</div>
<p>${contents(items, lines)}</p>
${description !== undefined && markup`<p>${description}</p>`}
${tracking(fulfillment, name)}
${download(fulfillment)}
${events.length > 0 && log(events, name)}
</article>`;
}

function tracking(
  { carrier, tracking_number: number, tracking_url: url }: FulfillmentView,
  name: string,
): Markup {
  const by = [carrier, number].filter((word) => word !== undefined).join(' · ');
  return markup`${by !== '' && markup`<p class="soft">${by}</p>`}
${url !== undefined && action(url, markup`Track<span class="hidden"> ${name}</span>`)}`;
}

/** The license key is for the buyer's agent; this page is for whoever has its address. */
const download = ({ status, digital_delivery: digital }: FulfillmentView): Markup | false =>
  digital !== undefined &&
  status === 'delivered' &&
  markup`${action(digital.access_url, markup`Open your download`)}
${digital.expires_at !== undefined && markup`<p class="soft">Available until ${day(digital.expires_at)}</p>`}`;

const action = (url: string, text: Markup): Markup =>
  markup`<p><a class="action" href="${url}" rel="noopener noreferrer">${text}</a></p>`;

const log = (events: FulfillmentEventView[], name: string): Markup => markup`
<ol class="log" aria-label="History of ${name}, the latest first">${events.toReversed().map(
  ({ type, occurred_at: at, description, location }) => markup`
<li>${eventWords(type)}${location !== undefined && ` · ${location}`}
${description !== undefined && markup`<small>${description}</small>`}
<small>${moment(at)}</small></li>`,
)}
</ol>`;
