import type { Change } from '../../world.js';
import type { PaymentLinkRow, PaymentRow } from '../tables.js';
import type { Wire } from '../views.js';

export function linkView(change: Change, row: PaymentLinkRow): Wire {
  const payment = row.payment === null ? undefined : change.find('razorpay_payments', row.payment);
  return {
    accept_partial: false,
    amount: row.amount,
    amount_paid: row.amountPaid,
    callback_method: row.callbackUrl === '' ? '' : 'get',
    callback_url: row.callbackUrl,
    cancelled_at: row.cancelledAt,
    created_at: row.created,
    currency: row.currency,
    customer: row.customer,
    description: row.description,
    expire_by: row.expireBy,
    expired_at: row.expiredAt,
    first_min_partial_amount: 0,
    id: row.id,
    // Links say null where orders and payments say [].
    notes: Object.keys(row.notes).length === 0 ? null : row.notes,
    notify: { email: false, sms: false, whatsapp: false, ...row.notify },
    order_id: row.order,
    // Only what was captured; a payment in flight is seen on the order.
    payments: payment ? [linkPaymentView(row, payment)] : null,
    reference_id: row.referenceId,
    reminder_enable: row.reminders,
    reminders: [],
    short_url: `${change.world.url}/_sim/razorpay/links/${row.id}`,
    status: row.status,
    updated_at: row.updated,
    upi_link: false,
    user_id: '',
    whatsapp_link: false,
  };
}

function linkPaymentView(link: PaymentLinkRow, payment: PaymentRow): Wire {
  return {
    amount: payment.amount,
    created_at: payment.created,
    method: payment.method,
    payment_id: payment.id,
    plink_id: link.id,
    status: 'captured',
    updated_at: link.updated,
  };
}
