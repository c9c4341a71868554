import type { CustomerRow, DisputeRow, Notes, OrderRow, PaymentRow, RefundRow } from './tables.js';

/** Rows as the API shows them. What the simulator has no notion of is null, as on a plain account. */
export type Wire = Record<string, unknown>;

export function orderView(row: OrderRow): Wire {
  return {
    id: row.id,
    entity: 'order',
    amount: row.amount,
    amount_paid: row.amountPaid,
    amount_due: row.amount - row.amountPaid,
    currency: row.currency,
    receipt: row.receipt,
    offer_id: null,
    status: row.status,
    attempts: row.attempts,
    notes: notesView(row.notes),
    created_at: row.created,
  };
}

export function paymentView(row: PaymentRow): Wire {
  const { error } = row;
  return {
    id: row.id,
    entity: 'payment',
    amount: row.amount,
    currency: row.currency,
    base_amount: row.amount,
    status: row.status,
    order_id: row.order,
    invoice_id: null,
    international: row.currency !== 'INR',
    method: row.method,
    amount_refunded: row.amountRefunded,
    refund_status: refundStatus(row),
    captured: row.captured,
    description: row.description,
    ...instrumentView(row),
    email: row.email,
    contact: row.contact,
    ...(row.customer === null ? {} : { customer_id: row.customer }),
    ...(row.token === null ? {} : { token_id: row.token }),
    notes: notesView(row.notes),
    ...feeView(row),
    error_code: error?.code ?? null,
    error_description: error?.description ?? null,
    error_source: error?.source ?? null,
    error_step: error?.step ?? null,
    error_reason: error?.reason ?? null,
    acquirer_data: acquirerView(row),
    created_at: row.created,
  };
}

function instrumentView({ id, method, last4, vpa }: PaymentRow): Wire {
  const card = method === 'card' ? { id: id.replace('pay_', 'card_'), last4 } : null;
  return {
    card_id: card?.id ?? null,
    ...(card && {
      card: {
        ...card,
        entity: 'card',
        name: '',
        network: 'Visa',
        type: 'debit',
        issuer: null,
        international: false,
        emi: false,
      },
    }),
    bank: method === 'netbanking' ? 'SBIN' : null,
    wallet: null,
    vpa,
    ...(method === 'upi' ? { upi: { payer_account_type: 'bank_account', vpa, flow: 'collect' } } : {}),
  };
}

/** Two per cent and the tax on them, known once the payment is captured. */
function feeView({ captured, amount }: PaymentRow): Wire {
  if (!captured) return { fee: null, tax: null };
  const charge = Math.round((amount * 2) / 100);
  const tax = Math.round((charge * 18) / 100);
  return { fee: charge + tax, tax };
}

function acquirerView({ id, method, status }: PaymentRow): Wire {
  const reference = status === 'created' || status === 'failed' ? null : id.slice(-12);
  switch (method) {
    case 'card':
      return { auth_code: reference };
    case 'upi':
      return { rrn: reference };
    case 'netbanking':
      return { bank_transaction_id: reference };
  }
}

function refundStatus({ amount, amountRefunded }: PaymentRow): 'full' | 'partial' | null {
  if (amountRefunded === 0) return null;
  return amountRefunded === amount ? 'full' : 'partial';
}

export function refundView(row: RefundRow): Wire {
  return {
    id: row.id,
    entity: 'refund',
    amount: row.amount,
    currency: row.currency,
    payment_id: row.payment,
    notes: notesView(row.notes),
    receipt: row.receipt,
    acquirer_data: { arn: null },
    created_at: row.created,
    batch_id: null,
    status: row.status,
    speed_processed: 'normal',
    speed_requested: row.speed,
  };
}

export function customerView(row: CustomerRow): Wire {
  const { id, name, email, contact, gstin } = row;
  const details = { name, email, contact, gstin };
  return { id, entity: 'customer', ...details, notes: notesView(row.notes), created_at: row.created };
}

export function disputeView(row: DisputeRow): Wire {
  return {
    id: row.id,
    entity: 'dispute',
    payment_id: row.payment,
    amount: row.amount,
    currency: row.currency,
    amount_deducted: row.amountDeducted,
    reason_code: row.reason,
    reason_description: row.reason.replaceAll('_', ' '),
    respond_by: row.respondBy,
    status: row.status,
    phase: 'chargeback',
    evidence: { amount: row.amount, summary: null, submitted_at: null },
    created_at: row.created,
  };
}

/** The service is written in PHP, where an empty map is a list. */
export function notesView(notes: Notes): Notes | [] {
  return Object.keys(notes).length === 0 ? [] : notes;
}
