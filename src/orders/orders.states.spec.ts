import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ApiError } from '../common/api-error.js';
import { adjust } from './adjustments/adjustment.rules.js';
import { fulfill, record } from './fulfillments/fulfillment.rules.js';
import { fulfillmentEventTypes, type FulfillmentEventType } from './fulfillments/fulfillment.states.js';
import type { LoggedFulfillment } from './fulfillments/order-fulfillment.entity.js';
import { cancellation, lifeAfter, type OrderChange, type OrderLife } from './order-life.js';
import { piecesByLine, unallocated } from './order-pieces.js';
import { derivedStatus } from './orders.states.js';

const now = new Date('2026-11-22T12:00:00Z');

/** An order of lines with so many pieces each, before anything happened. */
const orderOf = (...quantities: number[]): OrderLife =>
  ({
    order: { id: 'ord', merchantStatus: 'paid', needsReview: false, confirmationEmailedAt: null },
    lines: quantities.map((ordered, index) => ({
      id: `li_${index}`,
      ordered,
      current: ordered,
      fulfilled: 0,
    })),
    fulfillments: [],
    adjustments: [],
    paid: true,
    now,
  }) as unknown as OrderLife;

let count = 0;
const pieces = (line: number, quantity: number): { id: string; quantity: number } => ({
  id: `li_${line}`,
  quantity,
});

function send(life: OrderLife, line: number, quantity: number, ...types: FulfillmentEventType[]): OrderLife {
  const id = `ful_${count++}`;
  return lifeAfter(life, {
    fulfillments: [{ id, lineItems: [pieces(line, quantity)] } as LoggedFulfillment],
    events: types.map((type) => ({ fulfillmentId: id, type })),
  });
}

const take = (life: OrderLife, type: 'return' | 'cancellation', line: number, quantity: number): OrderLife =>
  lifeAfter(life, { adjustments: [{ type, status: 'completed', lineItems: [pieces(line, quantity)] }] });

describe('what the facts say of an order', () => {
  it.each<[string, OrderLife, string]>([
    ['paid, and nothing happened', orderOf(2), 'paid'],
    ['not paid, whatever happened', { ...send(orderOf(1), 0, 1, 'delivered'), paid: false }, 'pending'],
    ['some of it packed', send(orderOf(2), 0, 1), 'packing'],
    ['some of it being packed', send(orderOf(2), 0, 1, 'processing'), 'packing'],
    ['packed and canceled again', send(orderOf(2), 0, 1, 'canceled'), 'paid'],
    ['some of it sent', send(orderOf(2), 0, 1, 'shipped'), 'shipped'],
    ['sent and lost', send(orderOf(2), 0, 2, 'shipped', 'undeliverable'), 'paid'],
    ['one arrived, one still here', send(orderOf(2), 0, 1, 'delivered'), 'shipped'],
    ['one arrived, one on its way', send(send(orderOf(2), 0, 1, 'delivered'), 0, 1, 'shipped'), 'shipped'],
    ['everything arrived', send(send(orderOf(1, 1), 0, 1, 'delivered'), 1, 1, 'delivered'), 'delivered'],
    [
      'one arrived, the other canceled',
      take(send(orderOf(1, 1), 0, 1, 'delivered'), 'cancellation', 1, 1),
      'delivered',
    ],
    ['arrived, a part returned', take(send(orderOf(2), 0, 2, 'delivered'), 'return', 0, 1), 'delivered'],
    [
      'one arrived and came back, one on its way',
      take(send(send(orderOf(2), 0, 1, 'delivered'), 0, 1, 'shipped'), 'return', 0, 1),
      'shipped',
    ],
    ['everything came back', take(send(orderOf(2), 0, 2, 'delivered'), 'return', 0, 2), 'canceled'],
    ['everything canceled', take(orderOf(2), 'cancellation', 0, 2), 'canceled'],
  ])('%s', (_, life, status) => {
    expect(derivedStatus(life)).toBe(status);
  });
});

describe('the status of an order', () => {
  const statusOf = ({ order }: OrderLife): string => order.merchantStatus;

  it('moves when what it follows from does, and only then', () => {
    const wrapped = lifeAfter(orderOf(2), { merchantStatus: 'gift_wrapping' });
    expect(statusOf(take(wrapped, 'cancellation', 0, 1))).toBe('gift_wrapping');
    expect(statusOf(send(wrapped, 0, 1))).toBe('packing');
    const unpaid = { ...orderOf(1), paid: false };
    expect(statusOf(lifeAfter(unpaid, { paid: true }))).toBe('paid');
    expect(statusOf(lifeAfter(orderOf(1), { needsReview: true }))).toBe('paid');
  });

  it.each(['on_hold', 'canceled'])('stays %s whatever happens', (merchantStatus) => {
    const held = lifeAfter(orderOf(1), { merchantStatus });
    expect(statusOf(send(held, 0, 1, 'delivered'))).toBe(merchantStatus);
  });

  it('leaves everything that stays the same as the object it was', () => {
    const life = send(orderOf(2, 1), 0, 1, 'shipped');
    const next = lifeAfter(life, { needsReview: false, events: [], adjustments: [] });
    expect(next.order).toBe(life.order);
    expect(next.lines.every((line, index) => line === life.lines[index])).toBe(true);
    expect(next.fulfillments[0]).toBe(life.fulfillments[0]);
  });

  it('takes an adjustment that tells the same again for no change', () => {
    const told = { sourceId: 'ref_1', type: 'refund', status: 'pending', amount: 5 } as const;
    const once = lifeAfter(orderOf(1), { adjustments: [told] });
    expect(lifeAfter(once, { adjustments: [told] }).adjustments).toEqual(once.adjustments);
    const done = lifeAfter(once, { adjustments: [{ ...told, status: 'completed' }] });
    expect(done.adjustments).toEqual([{ ...once.adjustments[0], status: 'completed' }]);
  });
});

/** A wish of the merchant's, possible or not. */
const wish = fc.record({
  kind: fc.constantFrom('send', 'event', 'return', 'cancellation', 'exchange'),
  id: fc.constantFrom('li_0', 'li_1'),
  quantity: fc.integer({ min: 1, max: 3 }),
  event: fc.constantFrom(...fulfillmentEventTypes),
  which: fc.nat(5),
});
type Wish = typeof wish extends fc.Arbitrary<infer T> ? T : never;

/** What the rules make of a wish. Throws if they refuse it. */
function changeOf(life: OrderLife, { kind, id, quantity, event, which }: Wish): OrderChange {
  const line_items = [{ id, quantity }];
  if (kind === 'send') return fulfill(life, `ful_${count++}`, { type: 'shipping', line_items });
  if (kind !== 'event')
    return { adjustments: [adjust(life, `adj_${count++}`, { type: kind, line_items }).adjustment] };
  const one = life.fulfillments[which % Math.max(1, life.fulfillments.length)];
  return one ? { events: [record(life, one.id, { type: event })] } : {};
}

describe('whatever a merchant wishes', () => {
  it('no piece is lost or counted twice, and a cancel takes back exactly what is still here', () => {
    let done = 0;
    fc.assert(
      fc.property(fc.array(wish, { maxLength: 40 }), (wishes) => {
        let life = orderOf(3, 5);
        for (const one of wishes) {
          try {
            life = lifeAfter(life, changeOf(life, one));
            done++;
          } catch (refusal) {
            if (!(refusal instanceof ApiError)) throw refusal;
          }
          expectSound(life);
        }
      }),
      { numRuns: 300 },
    );
    expect(done).toBeGreaterThan(300);
  });

  function expectSound(life: OrderLife): void {
    for (const line of life.lines) {
      const pieces = piecesByLine(life).get(line.id)!;
      expect(line.fulfilled).toBe(pieces.dispatched - pieces.returned);
      expect(line.fulfilled).toBeGreaterThanOrEqual(0);
      expect(unallocated(line, pieces)).toBeGreaterThanOrEqual(0);
    }
    const { lineItems, adjustments, events } = cancellation(life, { reason: 'x' });
    const off = lifeAfter(life, { adjustments, events });
    for (const [index, line] of off.lines.entries()) {
      const taken = lineItems.find(({ id }) => id === line.id)?.quantity ?? 0;
      expect(line.current).toBe(line.fulfilled);
      expect(life.lines[index]!.current - taken).toBe(line.current);
    }
  }
});
