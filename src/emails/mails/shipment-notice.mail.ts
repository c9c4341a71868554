import type { OrderView } from '../../orders/order.view.js';
import type { MailContent } from './mail-layout.js';
import { day, greeting, type MailFacts, orderLink } from './mail-facts.js';

type Fulfillment = OrderView['fulfillments'][number];

const words: Record<string, { subject: string; sentence: string; caption: string } | undefined> = {
  shipping: { subject: 'is on its way', sentence: 'We have sent you a parcel.', caption: 'In this parcel' },
  pickup: {
    subject: 'is ready for pickup',
    sentence: 'Your order is ready to be picked up.',
    caption: 'Ready for you',
  },
  digital: {
    subject: 'is ready to download',
    sentence: 'Your download is ready.',
    caption: 'Your downloads',
  },
};

/** What is on its way and how to follow it; null if that is no longer so. */
export function shipmentNotice(facts: MailFacts, fulfillmentId: string): MailContent | null {
  const { view, store } = facts;
  const fulfillment = view.fulfillments.find(({ id }) => id === fulfillmentId);
  const said = fulfillment && words[fulfillment.type];
  if (!said || ['failed', 'canceled'].includes(fulfillment.status)) return null;
  return {
    subject: `Your order ${view.order_number} from ${store.name} ${said.subject}`,
    heading: `Order ${view.order_number}`,
    paragraphs: [greeting(facts), said.sentence],
    lines: {
      caption: said.caption,
      rows: fulfillment.line_items.map(({ id, quantity }) => ({
        label: view.line_items.find((line) => line.id === id)?.title ?? id,
        value: `${quantity} ×`,
      })),
      totals: [],
    },
    facts: [...tracking(fulfillment), ...download(fulfillment, facts)],
    link: orderLink(facts),
    from: store.name,
  };
}

function tracking({
  carrier,
  tracking_number: number,
  tracking_url: href,
}: Fulfillment): MailContent['facts'] {
  const value = number ?? href;
  return [
    ...(carrier ? [{ label: 'Carrier', value: carrier }] : []),
    ...(value ? [{ label: 'Tracking', value, href }] : []),
  ];
}

function download({ digital_delivery: delivery }: Fulfillment, facts: MailFacts): MailContent['facts'] {
  if (!delivery) return [];
  const { access_url: href, license_key: key, expires_at: until } = delivery;
  return [
    { label: 'Download', value: href, href },
    ...(key ? [{ label: 'License key', value: key }] : []),
    ...(until ? [{ label: 'Available until', value: day(until, facts) }] : []),
  ];
}
