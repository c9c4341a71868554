import { createServer, type Server as NetServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { NestLogger } from '../../src/common/logging.js';
import { EmailRecorder } from '../../src/emails/email.recorder.js';
import { MailServer, type ReceivedMail } from '../support/mail-server.js';
import { set } from '../support/purchases.js';
import { admin, adminCall } from '../support/razorpay.js';
import { startShop, type Shop } from '../support/shop.js';
import { until } from '../support/wait.js';

/**
 * A second of the retry schedule is 5 ms, so a retry is 50 ms away, the next one 300. An attempt has its time: one that
 * was cut off because the machine is slow arrives twice.
 */
const timings = {
  emailsEveryMs: 100,
  emailSecondMs: 5,
  relayEveryMs: 100,
  settingsCacheMs: 20,
};

let shop: Shop;
let mail: MailServer;
let buyers = 0;
const logged: string[] = [];

interface EmailRow {
  id: string;
  kind: string;
  subject_id: string;
  state: string;
  attempts: number;
  last_error: string | null;
}

/** A finished order of a buyer of its own. */
async function order(
  { buyer = {}, items = ['item_merino_tee'] }: { buyer?: object; items?: string[] } = {},
  at = shop,
): Promise<Bought> {
  const address = `ada.${(buyers += 1)}@buyer.example`;
  const { body: session } = await at.agent.create({
    line_items: items.map((id) => ({ id, quantity: 2 })),
    buyer: { first_name: 'Ada', last_name: 'Example', email: address, ...buyer },
  });
  const { body } = await at.agent.complete(session.id as string);
  if (body.status !== 'completed') throw new Error(JSON.stringify(body));
  const lines = (body.order.line_items as { id: string }[]).map(({ id }) => id);
  return { id: body.order.id as string, sessionId: session.id as string, address, lines };
}

const emailsOf = async (orderId: string | undefined, at = shop): Promise<EmailRow[]> =>
  (await admin<{ data: EmailRow[] }>(at, `/admin/emails?order_id=${orderId}`)).data;

const ended = (orderId: string | undefined, state: string, count = 1): Promise<EmailRow[]> =>
  until(
    () => emailsOf(orderId),
    (emails) => emails.filter((email) => email.state === state).length === count,
  );

const saysSent = async (sessionId: string): Promise<boolean> =>
  (await shop.agent.get(sessionId)).body.order.confirmation.confirmation_email_sent as boolean;

/** The day on which it was placed, in words. */
async function dayOf(orderId: string, timeZone: string): Promise<string> {
  const order = await admin<{ created_at: string }>(shop, `/admin/orders/${orderId}`);
  return new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone }).format(new Date(order.created_at));
}

const only = (mails: ReceivedMail[]): ReceivedMail => {
  expect(mails).toHaveLength(1);
  return mails[0] as ReceivedMail;
};

/** Everything that anybody could relay or send now has been. */
async function calm(): Promise<void> {
  await until(
    () =>
      shop.db.query(`SELECT id FROM outbox_event WHERE relayed_at IS NULL
                     UNION ALL SELECT id FROM email_message WHERE state = 'pending'`),
    (waiting) => waiting.length === 0,
  );
}

interface Bought {
  id: string;
  sessionId: string;
  address: string;
  lines: string[];
}

/** Their confirmations are dead, so that nothing is being written while a test changes what they are made of. */
async function refusedAtFirst(buying: Promise<Bought>[]): Promise<Bought[]> {
  mail.onRecipient = () => ({ code: 550 });
  const bought = await Promise.all(buying);
  for (const { id } of bought) await ended(id, 'dead');
  mail.onRecipient = () => null;
  return bought;
}

async function resendAll(...bought: (Bought | undefined)[]): Promise<void> {
  for (const one of bought)
    for (const { id } of (await emailsOf(one?.id)).reverse())
      await admin(shop, `/admin/emails/${id}/resend`, { body: {} });
}

const ship = async (
  { id, lines }: { id: string; lines: string[] },
  fulfillment: object,
  events: string[],
): Promise<string> => {
  const { id: fid } = await admin<{ id: string }>(shop, `/admin/orders/${id}/fulfillments`, {
    body: { line_items: [{ id: lines[0], quantity: 1 }], ...fulfillment },
  });
  for (const type of events)
    await admin(shop, `/admin/orders/${id}/fulfillments/${fid}/events`, { body: { type } });
  return fid;
};

beforeAll(async () => {
  for (const level of ['log', 'warn', 'error', 'debug', 'verbose', 'fatal'] as const)
    vi.spyOn(NestLogger.prototype, level).mockImplementation((...said: unknown[]) => {
      logged.push(
        JSON.stringify(said, (_, value: unknown) =>
          value instanceof Error ? { ...value, message: value.message, stack: value.stack } : value,
        ),
      );
    });
  mail = await MailServer.start();
  shop = await startShop({ SMTP_URL: mail.url }, { timings });
});
afterEach(() => {
  mail.onRecipient = () => null;
  mail.onMessage = () => null;
});
afterAll(async () => {
  await shop.close();
  await mail.close();
});

describe('an order confirmation', () => {
  it('comes once, and tells what was bought, what it cost and where to look', async () => {
    const { id, address } = await order({ items: ['item_merino_tee', 'item_enamel_mug'] });
    await ended(id, 'sent');
    const { headers, text, html } = only(mail.mailsTo(address));
    expect(headers.get('to')).toBe(address);
    expect(headers.get('from')).toBe('Storekeeper shop <no-reply@localhost>');
    const { order_number: number } = await admin<{ order_number: string }>(shop, `/admin/orders/${id}`);
    expect(headers.get('subject')).toBe(`Your order ${number} from Storekeeper shop`);
    expect(headers.get('message-id')).toMatch(/^<eml_[0-9a-z]{36}@localhost>$/);
    expect(headers.get('auto-submitted')).toBe('auto-generated');
    const today = await dayOf(id, 'UTC');
    for (const said of [text, html])
      for (const part of [
        ...['Hello Ada,', today, '2 × Merino Tee', '$90.00', '2 × Enamel Mug', '$36.00', 'Shipping', '$5.00'],
        // 8.25 % of 12600.
        ...[
          'Tax',
          '$10.40',
          'Total',
          '$141.40',
          'Expected',
          `${shop.env.PUBLIC_URL ?? `http://localhost:${shop.env.PORT}`}/orders/${id}`,
        ],
      ])
        expect(said).toContain(part);
    expect(html).not.toMatch(/<(img|script|link|iframe)|url\(/i);
    expect(html).toMatch(/<html lang="en">/);
    expect(text).not.toContain('<');

    // As after a restored backup, or by a relay that died before its mark was committed.
    await shop.db.query('UPDATE outbox_event SET relayed_at = NULL WHERE order_id = $1', [id]);
    await calm();
    expect(await emailsOf(id)).toHaveLength(1);
    only(mail.mailsTo(address));
  });

  it('is claimed to be sent only once the mail server has taken it, and then all hear of it', async () => {
    let take = (): void => undefined;
    const taken = new Promise<void>((resolve) => (take = resolve));
    mail.onMessage = async () => {
      await taken;
      return null;
    };
    const before = mail.asked;
    const { id, sessionId } = await order();
    await until(
      () => Promise.resolve(mail.asked),
      (asked) => asked > before,
    );
    expect(await saysSent(sessionId)).toBe(false);
    take();
    await until(() => saysSent(sessionId));
    const events = await shop.db.query<{ seq: number; type: string; snapshot: string }>(
      'SELECT seq, type, snapshot FROM outbox_event WHERE order_id = $1 ORDER BY seq',
      [id],
    );
    expect(
      events.map(({ seq, type, snapshot }) => [
        seq,
        type,
        (JSON.parse(snapshot) as { confirmation: { confirmation_email_sent: boolean } }).confirmation
          .confirmation_email_sent,
      ]),
    ).toEqual([
      [1, 'order_create', false],
      [2, 'order_update', true],
    ]);
  });

  it('takes its sender, its name and its days from the settings of the store', async () => {
    await set(shop, 'store', {
      name: 'Grün & "Söhne"',
      email: 'shop@store.example',
      timezone: 'Pacific/Kiritimati',
    });
    const { id, address } = await order();
    await ended(id, 'sent');
    const { headers, text, html } = only(mail.mailsTo(address));
    expect(headers.get('from')).toBe('Grün & "Söhne" <shop@store.example>');
    expect(text).toContain(await dayOf(id, 'Pacific/Kiritimati'));
    expect(html).toContain('Grün &amp; &quot;Söhne&quot;');
    await set(shop, 'store', {});
  });

  it('goes to who receives the goods if the buyer has no address, and else to nobody', async () => {
    const [known, unknown] = await refusedAtFirst([order(), order()]);
    await shop.db.query('UPDATE shop_order SET buyer = NULL, destination = $2 WHERE id = $1', [
      known?.id,
      { email: 'grace@receiver.example' },
    ]);
    await shop.db.query('UPDATE shop_order SET buyer = $2 WHERE id = $1', [
      unknown?.id,
      { email: 'a@x.example, b@x.example' },
    ]);
    await resendAll(known, unknown);
    await ended(known?.id, 'sent');
    only(mail.mailsTo('grace@receiver.example'));
    expect(await ended(unknown?.id, 'skipped')).toMatchObject([{ last_error: 'no_address' }]);
  });

  it('is not sent where the merchant has switched it off, nor for what was canceled', async () => {
    await set(shop, 'store', { sendOrderConfirmation: false });
    const { id, sessionId } = await order();
    expect(await ended(id, 'skipped')).toMatchObject([{ last_error: 'switched_off' }]);
    expect(await saysSent(sessionId)).toBe(false);
    await set(shop, 'store', {});
    await admin(shop, `/admin/orders/${id}/cancel`, { body: { reason: 'none left' } });
    const [email] = await emailsOf(id);
    await admin(shop, `/admin/emails/${email?.id}/resend`, { body: {} });
    await until(
      () => emailsOf(id),
      ([now]) => now?.last_error === 'nothing_to_tell',
    );
  });
});

describe('a shipment notice', () => {
  it('comes once for each parcel, with the way to follow it, and after the confirmation', async () => {
    mail.onRecipient = () => ({ code: 450 });
    const bought = await order();
    const parcel = {
      type: 'shipping',
      carrier: 'Speedy & Sons',
      tracking_number: 'SP123',
      tracking_url: 'https://track.example/?n=SP123&x=1',
    };
    await ship(bought, parcel, ['shipped', 'in_transit', 'out_for_delivery']);
    await until(
      () => emailsOf(bought.id),
      (emails) => emails.length === 2,
    );
    mail.onRecipient = () => null;
    await ship(bought, { ...parcel, tracking_number: 'SP124' }, ['shipped', 'delivered']);
    await ended(bought.id, 'sent', 3);
    // No news of the parcels.
    await admin(shop, `/admin/orders/${bought.id}/refunds`, { body: { amount: 100, reason: 'late' } });
    await calm();

    const mails = mail.mailsTo(bought.address);
    expect(mails.map(({ headers }) => headers.get('subject')?.replace(/order \d+/, 'order'))).toEqual([
      'Your order from Storekeeper shop',
      'Your order from Storekeeper shop is on its way',
      'Your order from Storekeeper shop is on its way',
    ]);
    const [, first, second] = mails as [ReceivedMail, ReceivedMail, ReceivedMail];
    expect(first.text).toContain('- Merino Tee: 1 ×');
    expect(first.text).toContain(
      'Carrier: Speedy & Sons\r\nTracking: SP123 https://track.example/?n=SP123&x=1',
    );
    expect(first.html).toContain('<a href="https://track.example/?n=SP123&amp;x=1">SP123</a>');
    expect(second.text).toContain('SP124');
  });

  it('tells of a download, of a pickup, and of nothing that has not left or was not sent', async () => {
    const guide = await order({ items: ['item_field_guide'] });
    await ship(
      guide,
      { type: 'digital', digital_delivery: { access_url: 'https://dl.example/1', license_key: 'K-1' } },
      [],
    );
    const [kept, fetched] = [await order(), await order()];
    await ship(kept, { type: 'shipping' }, ['processing']);
    await ship(fetched, { type: 'pickup' }, ['ready_for_pickup', 'delivered']);
    await ended(guide.id, 'sent', 2);
    await ended(fetched.id, 'sent', 2);
    await ended(kept.id, 'sent', 1);
    await calm();
    const [, download] = mail.mailsTo(guide.address);
    expect(download?.text).toMatch(/Download: https:\/\/dl\.example\/1\r\nLicense key: K-1/);
    expect(mail.mailsTo(fetched.address)[1]?.headers.get('subject')).toMatch(/is ready for pickup$/);
    only(mail.mailsTo(kept.address));
  });

  it('does not tell of an old parcel when mail is set up and something else happens to its order', async () => {
    const bought = await order();
    await ended(bought.id, 'sent');
    const fid = await ship(bought, { type: 'shipping' }, ['shipped']);
    await ended(bought.id, 'sent', 2);
    // As if there had been no mail server then.
    await shop.db.query(`DELETE FROM email_message WHERE subject_id = $1`, [fid]);
    await admin(shop, `/admin/orders/${bought.id}/refunds`, { body: { amount: 100, reason: 'late' } });
    await until(() =>
      shop.db.query(`SELECT 1 FROM order_adjustment WHERE order_id = $1 AND status = 'completed'`, [
        bought.id,
      ]),
    );
    await calm();
    expect((await emailsOf(bought.id)).map(({ kind }) => kind)).toEqual(['order_confirmation']);
  });
});

describe('what people typed', () => {
  it('stays text: no header, no element, no link and no line of its own', async () => {
    const evil = '<img src=x onerror=alert(1)>\r\nBcc: eve@evil.example\r\n\r\nHello';
    const [bought] = await refusedAtFirst([order()]);
    if (!bought) throw new Error('nothing was bought');
    const { id, address, lines } = bought;
    await shop.db.query('UPDATE shop_order SET buyer = buyer || $2 WHERE id = $1', [
      id,
      { first_name: `Ada ${evil}`, last_name: evil },
    ]);
    await shop.db.query('UPDATE order_line SET title = $2 WHERE id = $1', [lines[0], `Tee "\u202e' ${evil}`]);
    mail.onRecipient = () => ({ code: 550 });
    await ship(bought, { type: 'shipping', carrier: 'x' }, ['shipped']);
    await ended(id, 'dead', 2);
    mail.onRecipient = () => null;
    await shop.db.query(
      'UPDATE order_fulfillment SET carrier = $2, tracking_url = $3, tracking_number = NULL WHERE order_id = $1',
      [id, evil, 'javascript:alert(1)'],
    );
    await resendAll(bought);
    await ended(id, 'sent', 2);
    const mails = mail.mailsTo(address);
    expect(mails).toHaveLength(2);
    expect(mail.mailsTo('eve@evil.example')).toEqual([]);
    for (const { headers, text, html } of mails) {
      expect([...headers.keys()].sort()).toEqual([
        'auto-submitted',
        'content-type',
        'date',
        'from',
        'message-id',
        'mime-version',
        'subject',
        'to',
      ]);
      expect(html).not.toMatch(/<img|href="javascript/i);
      expect(html).toContain('&lt;img src=x onerror=alert(1)&gt; Bcc: eve@evil.example Hello');
      expect(html).toContain('Tee &quot;&#39; &lt;img');
      // Only a name is repeated after the greeting.
      expect(text).toMatch(/^Hello,\r$/m);
      expect(text).not.toMatch(/^Bcc/m);
    }
    const [, notice] = mails;
    expect(notice?.text).toContain('Tracking: javascript:alert(1)');
  });

  it('is no name if it is a link, a sentence or nothing', async () => {
    const names = ['evil.example', 'https://evil.example', 'Win 1000', 'a'.repeat(60), ' '];
    const bought = await Promise.all(names.map((name) => order({ buyer: { first_name: name } })));
    for (const { id, address } of bought) {
      await ended(id, 'sent');
      expect(only(mail.mailsTo(address)).text).toMatch(/^Hello,\r$/m);
    }
  });
});

describe('a mail server', () => {
  it('that puts off is asked again, later and later, with the same message', async () => {
    const asked = new Map<string, (string | undefined)[]>();
    let putsOff = true;
    mail.onMessage = ({ to: [address = ''], headers }) => {
      asked.set(address, [...(asked.get(address) ?? []), headers.get('message-id')]);
      return putsOff ? { code: 451, say: '4.7.1 Greylisted' } : null;
    };
    const { id, address } = await order();
    await until(
      () => emailsOf(id),
      ([email]) => (email?.attempts ?? 0) >= 3 && email?.last_error === 'message_refused 451 4.7.1',
    );
    putsOff = false;
    await ended(id, 'sent');
    const attempts = asked.get(address)?.length;
    expect(attempts).toBeGreaterThan(2);
    expect(new Set(asked.get(address)).size).toBe(1);
    only(mail.mailsTo(address));
    expect(await emailsOf(id)).toMatchObject([{ attempts, last_error: null }]);
  });

  it('that refuses the recipient is asked once; the merchant may have it sent again', async () => {
    mail.onRecipient = (address) => ({ code: 550, say: `5.1.1 <${address}> is unknown here` });
    const { id, sessionId, address } = await order();
    const [dead] = await ended(id, 'dead');
    expect(dead).toMatchObject({ attempts: 1, last_error: 'recipient_refused 550 5.1.1' });
    expect(
      (await admin<{ data: EmailRow[] }>(shop, '/admin/emails?state=dead&limit=100')).data,
    ).toContainEqual(dead);
    expect(await saysSent(sessionId)).toBe(false);
    await calm();

    mail.onRecipient = () => null;
    const resend = (key: string) =>
      admin<EmailRow>(shop, `/admin/emails/${dead?.id}/resend`, { body: {}, key });
    const [once, twice] = [await resend(`again-${id}`), await resend(`again-${id}`)];
    expect(once).toMatchObject({ state: 'pending', attempts: 0, last_error: null });
    expect(twice).toEqual(once);
    await ended(id, 'sent');
    await until(() => saysSent(sessionId));
    expect(only(mail.mailsTo(address)).headers.get('message-id')).toBe(`<${dead?.id}@localhost>`);
    const audited = await shop.db.query(
      `SELECT before, after FROM audit_entry WHERE action = 'email.resent' AND subject = $1`,
      [dead?.id],
    );
    expect(audited).toEqual([
      {
        before: { state: 'dead', attempts: 1, last_error: dead?.last_error },
        after: { state: 'pending', attempts: 0 },
      },
    ]);

    // A mail that arrived and was lost again is wanted once more: another message, or the mailbox would drop it.
    await resend(`once-more-${id}`);
    await until(
      () => Promise.resolve(mail.mailsTo(address).length),
      (count) => count === 2,
    );
    expect(mail.mailsTo(address)[1]?.headers.get('message-id')).toBe(`<${dead?.id}.1@localhost>`);
  });

  it('that is down costs nothing but time', async () => {
    await mail.close();
    const bought = await Promise.all([order(), order(), order()]);
    await until(
      async () => (await Promise.all(bought.map(({ id }) => emailsOf(id)))).flat(),
      (emails) =>
        emails.some(({ state, last_error: error }) => state === 'pending' && error === 'connection'),
    );
    await mail.listen();
    for (const { id, address } of bought) {
      await ended(id, 'sent');
      only(mail.mailsTo(address));
    }
  });

  it('whose certificate nobody vouches for is not believed', async () => {
    await mail.close();
    await mail.listen({ startTls: true });
    const { id } = await order();
    await until(
      () => emailsOf(id),
      ([email]) => /^(tls|connection)/.test(email?.last_error ?? ''),
    );
    await mail.close();
    await mail.listen();
    await ended(id, 'sent');
  });

  it('is left to itself after a day: the e-mail is dead, and says why', async () => {
    mail.onRecipient = () => ({ code: 452 });
    const { id } = await order();
    await until(
      () => emailsOf(id),
      (emails) => emails.length === 1,
    );
    await shop.db.query('UPDATE email_message SET attempts = 10, next_at = now() WHERE order_id = $1', [id]);
    expect(await ended(id, 'dead')).toMatchObject([{ last_error: 'recipient_refused 452' }]);
  });
});

describe('the list of e-mails', () => {
  it.each([
    ['?state=lost', '$.state'],
    ['?order_id=a&order_id=b', '$.order_id'],
    ['?limit=0', '$.limit'],
  ])('refuses %s', async (query, param) => {
    expect(await adminCall(shop, `/admin/emails${query}`)).toMatchObject({ status: 400, body: { param } });
  });

  it('knows no e-mail that is not there, and is for the merchant', async () => {
    expect(await adminCall(shop, '/admin/emails/eml_none/resend', { body: {} })).toMatchObject({
      status: 404,
    });
    const { status } = await shop.agent.send('GET', '/admin/emails', undefined, { key: null });
    expect(status).toBe(403);
  });

  it('goes on page by page', async () => {
    const first = await admin<{ data: EmailRow[]; next_cursor: string }>(shop, '/admin/emails?limit=2');
    const second = await admin<{ data: EmailRow[] }>(
      shop,
      `/admin/emails?limit=2&cursor=${first.next_cursor}`,
    );
    const ids = [...first.data, ...second.data].map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].sort().reverse());
  });
});

describe('a process that dies between the acceptance and the commit', () => {
  it('has the next one send the same message again', async () => {
    const recorder = shop.server.app.get(EmailRecorder);
    vi.spyOn(recorder, 'sent').mockRejectedValue(new Error('cut off'));
    const { id, sessionId, address } = await order();
    await until(() => Promise.resolve(mail.mailsTo(address).length));
    expect(await saysSent(sessionId)).toBe(false);
    await shop.restart();
    // As when its lease has run out.
    await shop.db.query('UPDATE email_message SET lease_until = now() WHERE order_id = $1', [id]);
    await ended(id, 'sent');
    await until(() => saysSent(sessionId));
    const [first, second, ...more] = mail.mailsTo(address);
    expect(more).toEqual([]);
    expect(second?.headers.get('message-id')).toBe(first?.headers.get('message-id'));
  });
});

describe('a mail server that hangs', () => {
  let silent: NetServer;
  const sockets = new Set<Socket>();
  beforeAll(async () => {
    silent = createServer((socket) => {
      sockets.add(socket.on('error', () => undefined));
      // It talks all the time and never comes to an end: no timeout of silence notices.
      socket.write('220 here\r\n');
      const talk = setInterval(() => socket.write('250-X\r\n'), 50);
      socket.on('close', () => clearInterval(talk));
    });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  it('holds up nothing else, and no stop', async () => {
    const { port } = silent.address() as AddressInfo;
    const restart = (emailTimeoutMs: number, emailLeaseMs: number): Promise<void> =>
      shop.restart({
        SMTP_URL: `smtp://127.0.0.1:${port}`,
        SANDBOX_TIMINGS: JSON.stringify({ ...timings, emailTimeoutMs, emailLeaseMs }),
      });
    await restart(60_000, 90_000);
    const { id, address } = await order();
    await until(() => Promise.resolve(sockets.size));
    // Events are still relayed, sessions completed.
    await order();
    await until(
      () => shop.db.query('SELECT id FROM outbox_event WHERE relayed_at IS NULL'),
      (waiting) => waiting.length === 0,
    );
    const startedAt = performance.now();
    await shop.server.stop();
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    const [email] = await shop.db.query<EmailRow>('SELECT * FROM email_message WHERE order_id = $1', [id]);
    expect(email).toMatchObject({ state: 'pending', last_error: 'interrupted' });

    await restart(1_000, 2_000);
    await until(
      () => emailsOf(id),
      ([now]) => now?.last_error === 'timeout',
    );
    await shop.restart();
    await ended(id, 'sent');
    only(mail.mailsTo(address));
  });
});

describe('without a mail server', () => {
  it('nothing is written, nothing is claimed and nothing can be resent', async () => {
    await shop.restart({ SMTP_URL: '' });
    const [earlier] = (await admin<{ data: EmailRow[] }>(shop, '/admin/emails?limit=1')).data;
    const { id, sessionId, lines } = await order();
    await ship({ id, lines }, { type: 'shipping' }, ['shipped']);
    await calm();
    expect(await emailsOf(id)).toEqual([]);
    expect(await saysSent(sessionId)).toBe(false);
    expect(await adminCall(shop, `/admin/emails/${earlier?.id}/resend`, { body: {} })).toMatchObject({
      status: 409,
      body: { code: 'email_off' },
    });
  });
});

describe('addresses', () => {
  it('are in no log and in no table but those of orders and sessions', async () => {
    expect(logged.some((line) => line.includes('email.sent'))).toBe(true);
    expect(logged.some((line) => line.includes('email.dead'))).toBe(true);
    expect(logged.filter((line) => line.includes('@buyer.example'))).toEqual([]);
    const tables = await shop.db.query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema IN ('public', 'queue')
       AND table_name NOT IN ('shop_order', 'checkout_session', 'idempotency_claim')
       AND table_schema = 'public'`,
    );
    for (const { name } of tables)
      expect(
        await shop.db.query(`SELECT 1 FROM ${name} AS t WHERE t::text LIKE '%@buyer.example%' LIMIT 1`),
        name,
      ).toEqual([]);
  });

  it('are counted as outcomes only', async () => {
    const response = await fetch(`${shop.url}/metrics`, {
      headers: { Authorization: 'Bearer admin_sandbox_key' },
    });
    expect(await response.text()).toContain('emails_total');
  });
});
