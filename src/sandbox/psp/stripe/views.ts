import type { Change } from '../world.js';
import { cardView, paymentMethodView } from './method-views.js';
import { docUrl, type ErrorFields } from './errors.js';
import type { ChargeRow, CustomerRow, PaymentIntentRow, RefundRow } from './tables.js';

/** Rows as the API shows them. What the simulator has no notion of is null, as on a plain account. */
type Wire = Record<string, unknown>;
type Expand = ReadonlySet<string>;
const NOTHING: Expand = new Set();

const intentNulls = nulls(
  'allowed_payment_method_types application application_fee_amount on_behalf_of payment_method_configuration_details processing review setup_future_usage shipping source statement_descriptor statement_descriptor_suffix transfer_data transfer_group',
);
const chargeNulls = nulls(
  'application application_fee application_fee_amount failure_balance_transaction on_behalf_of receipt_email receipt_number receipt_url review shipping source source_transfer statement_descriptor statement_descriptor_suffix transfer_data transfer_group',
);
const refundNulls = nulls('balance_transaction receipt_number source_transfer_reversal transfer_reversal');

export function paymentIntentView(change: Change, row: PaymentIntentRow, expand: Expand = NOTHING): Wire {
  const charge = row.latestCharge ? change.find('stripe_charges', row.latestCharge) : undefined;
  const method = row.paymentMethod ? change.find('stripe_payment_methods', row.paymentMethod) : undefined;
  const customer = row.customer ? change.find('stripe_customers', row.customer) : undefined;
  const error = row.lastError;
  return {
    id: row.id,
    object: 'payment_intent',
    ...intentNulls,
    amount: row.amount,
    amount_capturable: row.amountCapturable,
    amount_details: { tip: {} },
    amount_received: row.amountReceived,
    automatic_payment_methods: { allow_redirects: row.mayRedirect ? 'always' : 'never', enabled: true },
    canceled_at: row.canceledAt,
    cancellation_reason: row.cancellationReason,
    capture_method: row.captureMethod,
    client_secret: `${row.id}_secret_sandbox`,
    confirmation_method: 'automatic',
    created: row.created,
    currency: row.currency,
    customer: customer && expand.has('customer') ? customerView(customer) : (row.customer ?? null),
    description: row.description,
    last_payment_error: error ? errorView(change, error.fields, error.paymentMethod) : null,
    latest_charge: charge && expand.has('latest_charge') ? chargeView(change, charge) : row.latestCharge,
    livemode: false,
    metadata: row.metadata,
    next_action: row.status === 'requires_action' ? nextAction(change, row) : null,
    payment_method: method && expand.has('payment_method') ? paymentMethodView(method) : row.paymentMethod,
    payment_method_options: { card: { request_three_d_secure: 'automatic' } },
    payment_method_types: ['card'],
    receipt_email: row.receiptEmail,
    status: row.status,
  };
}

function nextAction(change: Change, row: PaymentIntentRow): Wire {
  if (!row.mayRedirect) {
    return { type: 'use_stripe_sdk', use_stripe_sdk: { type: 'three_d_secure_redirect' } };
  }
  const url = `${change.world.url}/_sim/3ds/${row.id}`;
  return { type: 'redirect_to_url', redirect_to_url: { return_url: row.returnUrl ?? null, url } };
}

export function customerView(row: CustomerRow): Wire {
  return {
    id: row.id,
    object: 'customer',
    address: null,
    balance: 0,
    created: row.created,
    currency: null,
    default_source: null,
    delinquent: false,
    description: row.description,
    discount: null,
    email: row.email,
    invoice_settings: nulls('custom_fields default_payment_method footer rendering_options'),
    livemode: false,
    metadata: row.metadata,
    name: row.name,
    phone: row.phone,
    preferred_locales: [],
    shipping: null,
    tax_exempt: 'none',
  };
}

export function chargeView(change: Change, row: ChargeRow, expand: Expand = NOTHING): Wire {
  const method = change.find('stripe_payment_methods', row.paymentMethod);
  const intent = expand.has('payment_intent')
    ? change.find('stripe_payment_intents', row.paymentIntent)
    : undefined;
  return {
    id: row.id,
    object: 'charge',
    ...chargeNulls,
    amount: row.amount,
    amount_captured: row.amountCaptured,
    amount_refunded: row.amountRefunded,
    balance_transaction: row.captured ? row.id.replace('ch_', 'txn_') : null,
    billing_details: nulls('address email name phone tax_id'),
    calculated_statement_descriptor: 'SANDBOX',
    captured: row.captured,
    created: row.created,
    currency: row.currency,
    customer: change.find('stripe_payment_intents', row.paymentIntent)?.customer ?? null,
    description: row.description,
    disputed: Boolean(row.dispute),
    failure_code: row.failure?.code ?? null,
    failure_message: row.failure?.message ?? null,
    fraud_details: {},
    livemode: false,
    metadata: row.metadata,
    outcome: outcomeView(row),
    paid: row.status === 'succeeded',
    payment_intent: intent ? paymentIntentView(change, intent) : row.paymentIntent,
    payment_method: row.paymentMethod,
    payment_method_details: {
      type: 'card',
      card: {
        ...cardView(method?.card ?? 'visa', row.failure?.code === 'incorrect_cvc' ? 'fail' : 'pass'),
        three_d_secure: row.authenticated ? { result: 'authenticated', version: '2.2.0' } : null,
      },
    },
    refunded: row.amountCaptured > 0 && row.amountRefunded === row.amountCaptured,
    status: row.status,
  };
}

function outcomeView({ failure, blocked }: ChargeRow): Wire {
  const advice = {
    advice_code: failure?.advice_code ?? null,
    network_advice_code: null,
    network_decline_code: failure?.network_decline_code ?? null,
    reason: failure?.decline_code ?? null,
    risk_level: blocked ? 'highest' : 'normal',
    seller_message: failure?.message ?? 'Payment complete.',
  };
  if (!failure) return { type: 'authorized', network_status: 'approved_by_network', ...advice };
  return blocked
    ? { type: 'blocked', network_status: 'not_sent_to_network', ...advice }
    : { type: 'issuer_declined', network_status: 'declined_by_network', ...advice };
}

export function refundView(change: Change, row: RefundRow, expand: Expand = NOTHING): Wire {
  const charge = expand.has('charge') ? change.find('stripe_charges', row.charge) : undefined;
  const intent = expand.has('payment_intent')
    ? change.find('stripe_payment_intents', row.paymentIntent)
    : undefined;
  return {
    id: row.id,
    object: 'refund',
    ...refundNulls,
    amount: row.amount,
    charge: charge ? chargeView(change, charge) : row.charge,
    created: row.created,
    currency: row.currency,
    destination_details: { type: 'card', card: { type: 'refund' } },
    ...(row.failureReason ? { failure_reason: row.failureReason } : {}),
    metadata: row.metadata,
    payment_intent: intent ? paymentIntentView(change, intent) : row.paymentIntent,
    reason: row.reason,
    status: row.status,
  };
}

/** The error of a failed confirmation, as it stands in the answer and in `last_payment_error`. */
export function errorView(change: Change, fields: ErrorFields, paymentMethod: string): Wire {
  const method = change.find('stripe_payment_methods', paymentMethod);
  return {
    ...fields,
    ...(fields.code ? { doc_url: docUrl(fields.code) } : {}),
    ...(method ? { payment_method: paymentMethodView(method) } : {}),
  };
}

function nulls(names: string): Record<string, null> {
  return Object.fromEntries(names.split(' ').map((name) => [name, null]));
}
