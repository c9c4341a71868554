import type { Order } from '../../orders/order.entity.js';
import type { OrderView } from '../../orders/order.view.js';
import type { StoreSettings } from '../../settings/store.settings.js';

/** What mails are made of: the order as it is now, and the shop. */
export interface MailFacts {
  order: Order;
  view: OrderView;
  store: StoreSettings;
}

/** Latin, Cyrillic, Han, ...: letters with what stands between them. Nothing that a mail program makes a link of. */
const firstName = /^\p{L}[\p{L}\p{M}'’ -]{0,39}$/u;

/** Strangers may order in somebody's name: what they call them is only repeated if it looks like a name. */
export function greeting({ order }: MailFacts): string {
  const name = (order.buyer as { first_name?: unknown } | null)?.first_name;
  return typeof name === 'string' && firstName.test(name) ? `Hello ${name},` : 'Hello,';
}

/** A day as people in the shop's time zone call it. */
export const day = (moment: Date | string, { store }: MailFacts): string =>
  new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone: store.timezone }).format(new Date(moment));

export const orderLink = ({ view }: MailFacts): { label: string; href: string } => ({
  label: 'See your order',
  href: view.permalink_url,
});
