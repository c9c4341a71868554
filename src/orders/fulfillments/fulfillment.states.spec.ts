import { describe, expect, it } from 'vitest';
import {
  eventsOfType,
  type FulfillmentEventType,
  fulfillmentEventTypes,
  fulfillmentStatus,
  fulfillmentTypes,
  isDispatched,
  isLive,
  mayFollow,
} from './fulfillment.states.js';

const log = (...types: FulfillmentEventType[]): { type: FulfillmentEventType }[] =>
  types.map((type) => ({ type }));

describe('the status of a fulfillment', () => {
  it.each<[FulfillmentEventType[], string]>([
    [[], 'pending'],
    [['processing'], 'processing'],
    [['shipped'], 'shipped'],
    [['shipped', 'in_transit', 'out_for_delivery'], 'out_for_delivery'],
    [['out_for_delivery', 'failed_attempt'], 'out_for_delivery'],
    [['failed_attempt'], 'pending'],
    [['out_for_delivery', 'failed_attempt', 'in_transit'], 'in_transit'],
    [['ready_for_pickup'], 'ready_for_pickup'],
    [['shipped', 'delivered'], 'delivered'],
    [['shipped', 'undeliverable'], 'failed'],
    [['shipped', 'undeliverable', 'returned_to_sender'], 'failed'],
    [['processing', 'canceled'], 'canceled'],
  ])('after %j is %s', (types, status) => {
    expect(fulfillmentStatus(log(...types))).toBe(status);
  });

  it.each([
    ['pending', true, false],
    ['processing', true, false],
    ['shipped', true, true],
    ['in_transit', true, true],
    ['out_for_delivery', true, true],
    ['ready_for_pickup', true, true],
    ['delivered', true, true],
    ['failed', false, false],
    ['canceled', false, false],
  ] as const)('%s: holds pieces %s, has left %s', (status, live, dispatched) => {
    expect([isLive(status), isDispatched(status)]).toEqual([live, dispatched]);
  });
});

describe('an event of a fulfillment', () => {
  const after = (...types: FulfillmentEventType[]): FulfillmentEventType[] =>
    fulfillmentEventTypes.filter((type) => mayFollow(log(...types), type));

  it('can be anything as long as nothing has left', () => {
    expect(after()).toEqual(fulfillmentEventTypes);
    expect(after('processing')).toEqual(fulfillmentEventTypes);
  });

  it('does not pack again what has left', () => {
    expect(after('shipped')).toEqual(fulfillmentEventTypes.filter((type) => type !== 'processing'));
  });

  it('does not follow the end, but what could not be delivered may come back', () => {
    expect(after('delivered')).toEqual([]);
    expect(after('canceled')).toEqual([]);
    expect(after('shipped', 'returned_to_sender')).toEqual([]);
    expect(after('shipped', 'undeliverable')).toEqual(['returned_to_sender']);
    expect(after('shipped', 'undeliverable', 'returned_to_sender')).toEqual([]);
  });

  it('fits its type: every type can begin, end well and end badly', () => {
    for (const type of fulfillmentTypes)
      expect(eventsOfType[type]).toEqual(
        expect.arrayContaining(['processing', 'delivered', 'undeliverable', 'canceled']),
      );
    expect(eventsOfType.shipping).not.toContain('ready_for_pickup');
    for (const type of ['shipped', 'in_transit', 'out_for_delivery', 'returned_to_sender'] as const) {
      expect(eventsOfType.pickup).not.toContain(type);
      expect(eventsOfType.digital).not.toContain(type);
    }
  });
});
