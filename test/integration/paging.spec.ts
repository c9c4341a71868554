import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MailServer } from '../support/mail-server.js';
import { merchant } from '../support/merchant.js';
import { ServedDocument } from '../support/openapi.js';
import { buy } from '../support/purchases.js';
import { WebhookReceiver } from '../support/receiver.js';
import { startShop, type Shop } from '../support/shop.js';
import { until } from '../support/wait.js';
import { addEndpoint } from '../support/webhooks.js';

/** Those that are always whole. */
const whole = ['/admin/settings', '/admin/payment-providers'];
const places: Record<string, string> = {
  '/admin/settings/{namespace}/history': '/admin/settings/store/history',
  '/admin/items/{id}/movements': '/admin/items/item_merino_tee/movements',
};

describe('the lists of the admin API', () => {
  let shop: Shop;
  let mail: MailServer;
  let receiver: WebhookReceiver;
  let lists: string[];

  const made = async (path: string, body: object, method = 'POST'): Promise<{ id: string }> => {
    const answer = await merchant(shop, path, { body, method });
    if (answer.status >= 300) throw new Error(answer.text);
    return answer.body as { id: string };
  };

  beforeAll(async () => {
    [mail, receiver] = await Promise.all([MailServer.start(), WebhookReceiver.start()]);
    shop = await startShop({ SMTP_URL: mail.url });
    for (const n of [1, 2, 3]) {
      const { id } = await made('/admin/agents', { name: `Agent ${n}` });
      await made('/admin/api-keys', { name: `Key ${n}`, agent_id: id, scopes: ['agent'] });
      await addEndpoint(shop, { url: `${receiver.url}/${n}` });
      await made('/admin/settings/store', { name: `Shop ${n}` }, 'PATCH');
      await buy(shop, 'stripe');
    }
    // What follows a purchase has come, so that no list grows while it is read.
    await until(
      async () => {
        const untold = await shop.simulator.events({ state: 'pending' });
        // The use of a key is written down behind the request; there are two.
        const [left] = await shop.db.query<{ n: number }>(
          `SELECT (SELECT count(*) FROM outbox_event WHERE relayed_at IS NULL)
            + (SELECT count(*) FROM webhook_delivery WHERE state = 'pending')
            + (SELECT count(*) FROM email_message WHERE state = 'pending')
            + (SELECT count(*) FROM webhook_event WHERE state = 'received')
            + abs(3 - (SELECT count(*) FROM webhook_event WHERE type = 'payment_intent.succeeded'))
            + abs(2 - (SELECT count(*) FROM api_key WHERE last_used_at IS NOT NULL)) AS n`,
        );
        return untold.length + (left?.n ?? 0);
      },
      (left) => left === 0,
    );
    const { operations } = await ServedDocument.of(shop.url);
    lists = operations
      .filter(({ method, responses }) => method === 'get' && /Page"/.test(JSON.stringify(responses['200'])))
      .map(({ path }) => path);
  });
  afterAll(() => Promise.all([shop.close(), receiver.close(), mail.close()]));

  const page = async (path: string, query: string): Promise<{ data: object[]; next_cursor: string | null }> =>
    (await merchant(shop, `${path}?${query}`)).body;

  it('show the same one by one, from the first to the last, as at once', async () => {
    expect(lists.length).toBeGreaterThanOrEqual(15);
    for (const list of lists.filter((path) => !whole.includes(path))) {
      const path = places[list] ?? list;
      const { data: all, next_cursor: more } = await page(path, 'limit=100');
      const read: object[] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const one = await page(path, `limit=1${cursor && `&cursor=${cursor}`}`);
        expect([path, one.data.length]).toEqual([path, 1]);
        read.push(...one.data);
        cursor = one.next_cursor;
      }
      expect([path, more, read]).toEqual([path, null, all]);
      expect([path, all.length >= 3]).toEqual([path, true]);
    }
  });

  it('refuse a limit and a cursor that are none, and name them', async () => {
    for (const list of lists.filter((path) => !whole.includes(path))) {
      for (const query of ['limit=0', 'limit=101', 'limit=1e1', 'cursor=', 'cursor=!', 'cursor=JzsgLS0']) {
        const { status, body } = await merchant(shop, `${places[list] ?? list}?${query}`);
        expect([list, query, status, body.param]).toEqual([list, query, 400, `$.${query.split('=')[0]}`]);
      }
    }
  });
});
