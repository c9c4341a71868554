import { isIPv4, isIPv6 } from 'node:net';
import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import type { Order } from '../orders/order.entity.js';
import { OrdersService } from '../orders/orders.service.js';
import { SettingsService } from '../settings/settings.service.js';
import { StoreSettings } from '../settings/store.settings.js';
import type { EmailKind } from './email-message.entity.js';
import type { ClaimedEmail } from './email.store.js';
import type { MailFacts } from './mails/mail-facts.js';
import { type MailContent, renderMail, type RenderedMail } from './mails/mail-layout.js';
import { orderConfirmation } from './mails/order-confirmation.mail.js';
import { shipmentNotice } from './mails/shipment-notice.mail.js';

export interface Letter extends RenderedMail {
  from: { name: string; address: string };
  to: string;
  /** The same on every attempt: who gets it twice can tell. */
  messageId: string;
}

/** Why there is nothing to send. */
export type SkipReason = 'switched_off' | 'no_address' | 'nothing_to_tell';

const switches = {
  order_confirmation: 'sendOrderConfirmation',
  shipment: 'sendShipmentNotices',
} as const satisfies Record<EmailKind, keyof StoreSettings>;

const mails: Record<EmailKind, (facts: MailFacts, subjectId: string) => MailContent | null> = {
  order_confirmation: orderConfirmation,
  shipment: shipmentNotice,
};

/** Makes an e-mail from its order, as both are when it is sent. */
@Injectable()
export class EmailWriter {
  constructor(
    private readonly orders: OrdersService,
    private readonly settings: SettingsService,
    private readonly config: Config,
  ) {}

  async write({ id, edition, orderId, kind, subjectId }: ClaimedEmail): Promise<Letter | SkipReason> {
    const [store, found] = await Promise.all([this.settings.get(StoreSettings), this.orders.find(orderId)]);
    if (!store[switches[kind]]) return 'switched_off';
    const content = found && mails[kind]({ ...found, store }, subjectId);
    if (!content) return 'nothing_to_tell';
    const to = addressOf(found.order);
    if (to === null) return 'no_address';
    const host = mailHost(this.config.publicUrl);
    return {
      ...renderMail(content),
      from: { name: store.name, address: store.email ?? `no-reply@${host}` },
      to,
      messageId: `<${edition === 0 ? id : `${id}.${edition}`}@${host}>`,
    };
  }
}

/** Nothing that a header could take for more than one address. */
const plainAddress = /^[^\s<>"(),:;@\\[\]]+@[^\s<>"(),:;@\\[\]]+$/;

/** The buyer's address, or else that of whoever receives the goods. */
function addressOf({ buyer, destination }: Order): string | null {
  const candidates = [buyer, destination].map((person) => (person as { email?: unknown } | null)?.email);
  const address = candidates.find((email) => typeof email === 'string' && plainAddress.test(email));
  return typeof address === 'string' ? address : null;
}

/** An IP address stands in brackets after the @ (RFC 5321 §4.1.3). */
function mailHost(publicUrl: string): string {
  const host = new URL(publicUrl).hostname.replace(/^\[|\]$/g, '');
  if (isIPv6(host)) return `[IPv6:${host}]`;
  return isIPv4(host) ? `[${host}]` : host;
}
