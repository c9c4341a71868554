import { only } from '../conversation.js';
import type { Purchase } from './buy-in-rupees.js';
import { expect, type Stage, withNewKey } from './stage.js';

interface ShippedOrder {
  status: string;
  line_items: { id: string; quantity: { current: number; fulfilled: number }; status: string }[];
}

/** The merchant packs everything into one parcel and hands it over. */
export async function ship({ talk, shop, admin }: Stage, { orderId }: Purchase): Promise<void> {
  const url = `${shop}/admin/orders/${orderId}`;
  talk.chapter('Now the merchant: the mugs go into one parcel.');
  const { body: order } = await talk.exchange<ShippedOrder>({
    method: 'GET',
    url,
    headers: admin,
    expect: 200,
    show: only('status', 'merchant_status', 'line_items'),
  });
  const { body: parcel } = await talk.exchange<{ id: string }>({
    method: 'POST',
    url: `${url}/fulfillments`,
    headers: withNewKey(admin),
    body: {
      type: 'shipping',
      carrier: 'India Post',
      tracking_number: 'EX123456789IN',
      tracking_url: 'https://tracking.example.com/EX123456789IN',
      line_items: order.line_items.map(({ id, quantity }) => ({ id, quantity: quantity.current })),
    },
    expect: 201,
    show: only('id', 'type', 'status', 'carrier', 'tracking_number'),
  });
  await talk.exchange({
    method: 'POST',
    url: `${url}/fulfillments/${parcel.id}/events`,
    headers: withNewKey(admin),
    body: { type: 'shipped', location: 'Mumbai' },
    expect: 201,
    show: only('id', 'status', 'events'),
  });
  const { body: shipped } = await talk.exchange<ShippedOrder>({
    method: 'GET',
    url,
    headers: admin,
    expect: 200,
    show: only('status', 'merchant_status', 'line_items'),
  });
  expect(shipped.status === 'shipped', `The order is ${shipped.status} after its parcel was shipped.`);
}
