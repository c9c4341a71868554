import fc from 'fast-check';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { assertConforms } from '../../../../test/support/conformance.js';
import { webhookProblems } from '../../../../test/support/webhook-conformance.js';
import { version } from '../../../common/version.js';
import { renderBody, requestIdOf } from './render.js';
import { sampleSnapshot } from './sample-order.js';
import { headersFor, type SignedRequest } from './sign.js';
import { type WebhookProfile, webhookProfiles } from './webhook-profile.js';

const sample = JSON.parse(sampleSnapshot('https://shop.example')) as Record<string, unknown>;

/** Everything an order can have. */
const wholeOrder = {
  ...sample,
  estimated_delivery: { earliest: '2026-11-24T00:00:00Z', latest: '2026-11-26T00:00:00Z' },
  confirmation: {
    confirmation_number: '1001',
    confirmation_email_sent: true,
    order_notes: 'leave at the gate',
  },
  fulfillments: [
    {
      id: 'ful_1',
      type: 'shipping',
      status: 'shipped',
      line_items: [{ id: 'li_sample', quantity: 1 }],
      carrier: 'USPS',
      tracking_number: '9400',
      tracking_url: 'https://tools.example/9400',
      events: [{ id: 'fev_1', type: 'shipped', occurred_at: '2026-11-23T10:00:00Z', location: 'Reno' }],
    },
  ],
  adjustments: [
    {
      id: 'adj_1',
      type: 'refund',
      occurred_at: '2026-11-23T10:00:00Z',
      status: 'completed',
      amount: 500,
      currency: 'usd',
    },
    {
      id: 'adj_2',
      type: 'refund',
      occurred_at: '2026-11-23T10:00:00Z',
      status: 'pending',
      amount: 600,
      currency: 'usd',
    },
    {
      id: 'adj_3',
      type: 'credit',
      occurred_at: '2026-11-23T10:00:00Z',
      status: 'completed',
      amount: 700,
      currency: 'usd',
    },
    {
      id: 'adj_4',
      type: 'dispute',
      occurred_at: '2026-11-23T10:00:00Z',
      status: 'completed',
      amount: 800,
      currency: 'usd',
    },
    { id: 'adj_5', type: 'return', occurred_at: '2026-11-23T10:00:00Z', status: 'completed', line_items: [] },
    {
      id: 'adj_6',
      type: 'refund',
      occurred_at: '2026-11-23T10:00:00Z',
      status: 'failed',
      amount: 900,
      currency: 'usd',
    },
  ],
};

const orders = [sample, wholeOrder];
const types = ['order_create', 'order_update'] as const;
const legacyVersions = ['2025-09-29', '2025-12-12', '2026-01-16', '2026-01-30'] as const;
const bodyOf = (
  profile: WebhookProfile,
  order: object,
  type: (typeof types)[number] = 'order_update',
): Event => JSON.parse(renderBody(profile, { type, snapshot: JSON.stringify(order) })) as Event;
interface Event {
  type: string;
  data: Record<string, unknown>;
}

describe('the body of a webhook', () => {
  it('of the profile acp-2026-04-17 is the whole order, as the published schemas want it', () => {
    for (const order of orders)
      for (const type of types) {
        const event = bodyOf('acp-2026-04-17', order, type);
        expect(webhookProblems('2026-04-17', 'WebhookEvent', event)).toEqual([]);
        assertConforms('Order', event.data);
        expect(event.type).toBe(type);
      }
    const { confirmation, ...order } = wholeOrder;
    const { order_notes: _, ...told } = confirmation;
    expect(bodyOf('acp-2026-04-17', wholeOrder).data).toEqual({ ...order, confirmation: told });
  });

  it('of the profile acp-2025-09-29 is what all versions before 2026-04-17 want', () => {
    for (const order of orders)
      for (const type of types) {
        const event = bodyOf('acp-2025-09-29', order, type);
        for (const published of legacyVersions)
          expect(webhookProblems(published, 'WebhookEvent', event), published).toEqual([]);
        expect(event.type).toBe(type);
      }
    expect(bodyOf('acp-2025-09-29', wholeOrder).data).toEqual({
      type: 'order',
      checkout_session_id: 'cs_sample',
      permalink_url: 'https://shop.example/orders/ord_sample',
      status: 'confirmed',
      refunds: [
        { type: 'original_payment', amount: 500 },
        { type: 'store_credit', amount: 700 },
      ],
    });
  });

  it.each(['openai', 'classic'] as const)(
    'of the profile %s has the same data under other names',
    (profile) => {
      expect(types.map((type) => bodyOf(profile, wholeOrder, type))).toEqual([
        { type: 'order_created', data: bodyOf('acp-2025-09-29', wholeOrder).data },
        { type: 'order_updated', data: bodyOf('acp-2025-09-29', wholeOrder).data },
      ]);
      expect(webhookProblems('2025-09-29', 'EventDataOrder', bodyOf(profile, wholeOrder).data)).toEqual([]);
    },
  );

  it.each([
    ['created', 'created'],
    ['manual_review', 'manual_review'],
    ['confirmed', 'confirmed'],
    ['processing', 'confirmed'],
    ['shipped', 'shipped'],
    ['completed', 'fulfilled'],
    ['delivered', 'fulfilled'],
    ['canceled', 'canceled'],
    ['engraving', 'confirmed'],
    ['constructor', 'confirmed'],
  ])('told to older versions calls the status %s %s', (status, told) => {
    const event = bodyOf('acp-2025-09-29', { ...sample, status });
    expect(event.data.status).toBe(told);
    expect(webhookProblems('2025-09-29', 'WebhookEvent', event)).toEqual([]);
  });

  it('bears an order of an older release, and adjustments that nobody knows', () => {
    const { adjustments: _, confirmation: __, ...bare } = sample;
    const odd = { ...bare, adjustments: [{}, { type: 'toString', status: 'completed', amount: 1 }] };
    for (const order of [bare, odd]) {
      expect(bodyOf('classic', order).data.refunds).toEqual([]);
      expect(bodyOf('acp-2026-04-17', order).data).toEqual(order);
    }
  });

  it('is the same text each time, whatever characters are in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.constantFrom(...webhookProfiles), (text, profile) => {
        const event = {
          type: 'order_update' as const,
          snapshot: JSON.stringify({ ...wholeOrder, order_number: text }),
        };
        const body = renderBody(profile, event);
        expect(renderBody(profile, event)).toBe(body);
        if (profile === 'acp-2026-04-17') expect((JSON.parse(body) as Event).data.order_number).toBe(text);
      }),
    );
  });
});

describe('the headers of a webhook', () => {
  const now = new Date('2026-11-22T12:00:00.789Z');
  const seconds = 1795348800;
  const body = '{"type":"order_update","data":{"name":"Ünïcode ☃"}}';
  const base = {
    secret: 'whsec_one',
    signatureHeader: null,
    body,
    requestId: 'evt_1',
    seq: 3,
    deliveryId: 'whd_1',
    now,
  };
  const headers = (profile: WebhookProfile, changes: Partial<SignedRequest> = {}): Record<string, string> =>
    headersFor({ ...base, profile, ...changes });
  const hmac = (secret: string, text: string): string =>
    createHmac('sha256', Buffer.from(secret, 'utf8')).update(Buffer.from(text, 'utf8')).digest('hex');

  it('are those of the protocol, and ours beside', () => {
    expect(headers('acp-2026-04-17')).toEqual({
      'Content-Type': 'application/json',
      'Content-Length': String(Buffer.byteLength(body)),
      'User-Agent': `Storekeeper/${version}`,
      'Request-Id': 'evt_1',
      Timestamp: '2026-11-22T12:00:00.789Z',
      'Merchant-Signature': `t=${seconds},v1=${hmac('whsec_one', `${seconds}.${body}`)}`,
      'Webhook-Id': 'evt_1',
      'X-Order-Sequence': '3',
    });
    expect(headers('acp-2026-04-17')['Merchant-Signature']).toMatch(/^t=\d+,v1=[a-f0-9]{64}$/);
  });

  it.each(['acp-2025-09-29', 'openai', 'classic'] as const)(
    'of the profile %s sign the raw body',
    (profile) => {
      expect(headers(profile)['Merchant-Signature']).toBe(hmac('whsec_one', body));
    },
  );

  it('have the signature where the profile openai wants it, and no other one', () => {
    const signatureHeader = 'Acme-Signature';
    expect(headers('openai', { signatureHeader })).toMatchObject({
      'Acme-Signature': hmac('whsec_one', body),
    });
    expect(headers('openai', { signatureHeader })).not.toHaveProperty('Merchant-Signature');
    expect(headers('classic', { signatureHeader })).toHaveProperty('Merchant-Signature');
  });

  it('carry the signature of the next secret beside while that waits', () => {
    const nextSecret = 'whsec_two';
    expect(headers('classic', { nextSecret })).toMatchObject({
      'Merchant-Signature': hmac('whsec_one', body),
      'Merchant-Signature-Next': hmac('whsec_two', body),
    });
    expect(headers('openai', { nextSecret, signatureHeader: 'Acme' })).toHaveProperty('Acme-Next');
    expect(headers('acp-2026-04-17', { nextSecret })['Merchant-Signature-Next']).toBe(
      `t=${seconds},v1=${hmac('whsec_two', `${seconds}.${body}`)}`,
    );
  });

  it('name a request by its event, and in the profile classic by its checkout session', () => {
    const event = { id: 'evt_1', snapshot: JSON.stringify(wholeOrder) };
    expect(webhookProfiles.map((profile) => requestIdOf(profile, event))).toEqual([
      'evt_1',
      'evt_1',
      'evt_1',
      'cs_sample',
    ]);
    // There the id of the event is the delivery's, or two events would look like one that came twice.
    expect(headers('classic', { requestId: 'cs_sample' })).toMatchObject({
      'Request-Id': 'cs_sample',
      'Webhook-Id': 'whd_1',
    });
  });
});

it('the version is that of the package', () => {
  const { version: packaged } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  expect(version).toBe(packaged);
});
