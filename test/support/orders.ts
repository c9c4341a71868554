import { expect } from 'vitest';
import { assertConforms } from './conformance.js';
import { type AdminOrder, adminOrder } from './purchases.js';
import { adminCall } from './razorpay.js';
import type { Shop } from './shop.js';

type Answer = ReturnType<typeof adminCall>;

/** The merchant's desk for one order. */
export class OrderDesk {
  constructor(
    private readonly shop: Shop,
    readonly id: string,
  ) {}

  look = (): Promise<AdminOrder> => adminOrder(this.shop, this.id);

  /** The id of the line at this place in the order. */
  line = async (index = 0): Promise<string> => (await this.look()).line_items[index]!.id;

  post = (path: string, body: object, key?: string): Answer =>
    adminCall(this.shop, `/admin/orders/${this.id}/${path}`, { body, key });

  fulfill = (body: object, key?: string): Answer =>
    this.post('fulfillments', { type: 'shipping', ...body }, key);
  event = (fulfillmentId: string, body: object | string, key?: string): Answer =>
    this.post(`fulfillments/${fulfillmentId}/events`, typeof body === 'string' ? { type: body } : body, key);
  adjust = (body: object, key?: string): Answer => this.post('adjustments', body, key);
  refund = (body: object = {}, key?: string): Answer =>
    this.post('refunds', { reason: 'damaged', ...body }, key);
  cancel = (key?: string): Answer => this.post('cancel', { reason: 'cannot be delivered' }, key);
  status = (status: string, key?: string): Answer => this.post('status', { status }, key);
  review = (decision: string, key?: string): Answer => this.post('review', { decision }, key);

  /** A fulfillment of so many pieces of a line, with these events. */
  async send(index: number, quantity: number, ...events: string[]): Promise<string> {
    const { status, body } = await this.fulfill({ line_items: [{ id: await this.line(index), quantity }] });
    if (status !== 201) throw new Error(JSON.stringify(body));
    for (const event of events) expect((await this.event(body.id, event)).status).toBe(201);
    return body.id as string;
  }

  /** What was told of the order, one after the other; each is held against the published schema. */
  async told(): Promise<AdminOrder[]> {
    const events = await this.shop.db.query<{ seq: number; type: string; snapshot: string }>(
      'SELECT seq, type, snapshot FROM outbox_event WHERE order_id = $1 ORDER BY seq',
      [this.id],
    );
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(events.map(({ type }) => type)).toEqual(
      events.map((_, index) => (index === 0 ? 'order_create' : 'order_update')),
    );
    const snapshots = events.map(({ snapshot }) => JSON.parse(snapshot) as AdminOrder);
    for (const snapshot of snapshots) assertConforms('Order', snapshot);
    return snapshots;
  }

  /** What this request told, and what the order was afterwards. */
  async telling<T>(request: () => Promise<T>): Promise<[T, AdminOrder[]]> {
    const before = (await this.told()).length;
    const answer = await request();
    return [answer, (await this.told()).slice(before)];
  }

  async audited(): Promise<string[]> {
    const entries = await this.shop.db.query<{ action: string }>(
      'SELECT action FROM audit_entry WHERE subject = $1 ORDER BY position',
      [this.id],
    );
    return entries.map(({ action }) => action);
  }
}

/** What is on the shelf. */
export const onHand = async (shop: Shop, itemId: string): Promise<number> => {
  const [row] = await shop.db.query<{ on_hand: number }>('SELECT on_hand FROM inventory WHERE item_id = $1', [
    itemId,
  ]);
  return row!.on_hand;
};
