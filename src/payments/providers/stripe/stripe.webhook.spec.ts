import Stripe from 'stripe';
import { describe, expect, it } from 'vitest';
import { readStripeWebhook } from './stripe.webhook.js';

const now = 1_800_000_000_000;
const secret = 'whsec_current';
const body = JSON.stringify({
  id: 'evt_1',
  object: 'event',
  created: 1,
  type: 'payment_intent.succeeded',
  data: { object: { id: 'pi_1' } },
});
const header = (at = now / 1000, key = secret, payload = body): string =>
  Stripe.webhooks.generateTestHeaderString({ payload, secret: key, timestamp: at });
const read = (
  signature: string | string[] | undefined,
  secrets: (string | undefined)[] = [secret],
  text = body,
) => readStripeWebhook(Buffer.from(text), signature, secrets, now);

describe('a webhook of Stripe', () => {
  it('is read with either secret', () => {
    const event = { id: 'evt_1', about: { part: 'payment', payment: 'pi_1' }, known: true };
    expect(read(header())).toMatchObject(event);
    expect(read(header(), ['whsec_new', secret])).toMatchObject(event);
    // While a secret is rolled, Stripe signs with both.
    const both = `${header(undefined, 'whsec_other')},${header().split(',')[1]}`;
    expect(read(both)).toMatchObject(event);
  });

  it.each([
    [undefined, 'signature'],
    [[header()], 'signature'],
    ['', 'signature'],
    ['t=,v1=', 'signature'],
    [header().replace(/v1=.*/, 'v0=1'), 'signature'],
    [header(now / 1000, 'whsec_foreign'), 'signature'],
    [header(now / 1000 - 301), 'stale'],
    [header(now / 1000 + 301), 'stale'],
    // The signed time counts, wherever another one is put.
    [`t=${now / 1000},${header(now / 1000 - 301)}`, 'stale'],
    [`${header(now / 1000 - 301)},t=${now / 1000}`, 'signature'],
  ])('%j is refused: %s', (signature, refused) => {
    expect(read(signature)).toEqual({ refused });
  });

  it.each([[[]], [[undefined, undefined]], [['', '  ']]])(
    'nothing is believed without a secret: %j',
    (secrets) => {
      expect(read(header(now / 1000, '  '), secrets)).toEqual({ refused: 'not_configured' });
    },
  );

  it.each(['', 'not json', 'null', '[]', '"text"', '{}', '{"id":"evt_1","type":"x","data":{}}'])(
    'a signed body that is no event is refused: %j',
    (text) => {
      expect(read(header(undefined, secret, text), [secret], text)).toEqual({ refused: 'malformed' });
    },
  );
});
