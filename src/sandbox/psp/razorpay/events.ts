import { recordEvent } from '../webhooks/event.js';
import type { Change } from '../world.js';
import { linkView } from './links/link-view.js';
import type { DisputeRow, OrderRow, PaymentLinkRow, PaymentRow, RefundRow } from './tables.js';
import { disputeView, orderView, paymentView, refundView, type Wire } from './views.js';

const ACCOUNT = 'acc_sandbox';

/**
 * razorpay.com/docs/webhooks: each tells how things stand at that moment. The samples there are not alike, and
 * neither are these: the order of members, empty text for null, what a payment inside another event shows.
 */
export function tellPayment(
  change: Change,
  what: 'authorized' | 'captured' | 'failed' | 'pending',
  row: PaymentRow,
): void {
  const shown = paymentView(row);
  const entity = what === 'captured' ? { ...shown, error_code: '', error_description: '' } : shown;
  tell(change, `payment.${what}`, { payment: entity });
}

export function tellOrderPaid(change: Change, order: OrderRow, payment: PaymentRow): void {
  tell(change, 'order.paid', { payment: paymentView(payment), order: orderView(order) });
}

export function tellRefund(
  change: Change,
  what: 'created' | 'processed' | 'failed',
  refund: RefundRow,
  payment: PaymentRow,
): void {
  tell(change, `refund.${what}`, { refund: refundView(refund), payment: paymentView(payment) });
}

export function tellDispute(change: Change, what: string, dispute: DisputeRow, payment: PaymentRow): void {
  const { acquirer_data: _, ...shown } = paymentView(payment);
  tell(change, `payment.dispute.${what}`, { payment: shown, dispute: disputeView(dispute) });
}

export function tellLink(
  change: Change,
  what: 'paid' | 'cancelled' | 'expired',
  link: PaymentLinkRow,
  payment?: PaymentRow,
): void {
  const order = payment && change.find('razorpay_orders', link.order);
  tell(change, `payment_link.${what}`, {
    payment_link: linkView(change, link),
    ...(order ? { order: orderView(order) } : {}),
    ...(payment ? { payment: paymentView(payment) } : {}),
  });
}

export function tellToken(change: Change, what: 'cancellation_initiated', token: Wire): void {
  tell(change, `token.${what}`, { token });
}

function tell(change: Change, type: string, entities: Record<string, Wire>): void {
  const created_at = Math.floor(change.world.now() / 1000);
  const payload = Object.fromEntries(Object.entries(entities).map(([name, entity]) => [name, { entity }]));
  const head = { entity: 'event', account_id: ACCOUNT, event: type, contains: Object.keys(entities) };
  const early = type.startsWith('payment_link.') || type.startsWith('refund.');
  const body = early ? { ...head, created_at, payload } : { ...head, payload, created_at };
  recordEvent(change, {
    id: change.world.nextId('evt'),
    provider: 'razorpay',
    type,
    body: JSON.stringify(body),
  });
}
