import type { CheckoutResult } from '../checkout/checkout.service.js';
import type { SessionStatus } from '../checkout/checkout.states.js';
import { type QuotedLine, type QuotedOption, totalOf } from '../checkout/session-content.js';
import type { PaymentHandler } from '../payments/providers/payment-provider.js';

/** Minor units, and ISO 4217 in upper case. */
export interface Amount {
  amount: number;
  currency: string;
}

type GuideStatus = 'pending_confirmation' | 'confirmed' | 'failed' | 'expired';

interface ShippingOption {
  id: string;
  name: string;
  cost: Amount;
  /** RFC 3339; null where nothing is delivered. */
  delivery_estimate: { earliest: string; latest: string } | null;
}

/** All that an agent has to read to the buyer before the buyer confirms. */
export interface CheckoutSummary {
  checkout_id: string;
  status: GuideStatus;
  items: { product_id: string; variant_id: string; name: string; quantity: number; unit_price: Amount }[];
  subtotal: Amount;
  shipping_options: ShippingOption[];
  /** Null as long as it is not known where to. */
  selected_shipping: ShippingOption | null;
  /** Null as long as it cannot be known. */
  tax: Amount | null;
  total: Amount;
  /** `type` is what a `payment_token` of that provider has to be: a card token, or a credential of that type. */
  payment_methods: { provider: string; type: string; config: Record<string, unknown> }[];
  expires_at: string;
}

/** News about a checkout that is not an error: told beside the summary. */
export interface CheckoutNotice {
  code: 'price_changed';
  /** For the agent to read aloud. */
  message: string;
}

export const amountOf = (amount: number, currency: string): Amount => ({
  amount,
  currency: currency.toUpperCase(),
});

export function checkoutSummary({ session, status }: CheckoutResult): CheckoutSummary {
  const { quote, notice } = session.content;
  const money = (amount: number): Amount => amountOf(amount, session.currency);
  const selected = quote.selected.map(({ option }) => option);
  const shipping = selected.find(({ type }) => type === 'shipping') ?? selected[0];
  const taxIsKnown = quote.totals.some(({ type }) => type === 'tax');
  return {
    checkout_id: session.id,
    status: guideStatus(status, notice?.code),
    items: quote.lines.map((line) => itemView(line, money)),
    subtotal: money(totalOf(quote.totals, 'subtotal')),
    shipping_options: quote.options.map((option) => optionView(option, money)),
    selected_shipping: shipping ? optionView(shipping, money) : null,
    tax: taxIsKnown ? money(totalOf(quote.totals, 'tax')) : null,
    total: money(session.total),
    payment_methods: quote.handlers.flatMap(paymentMethodsOf),
    expires_at: session.expiresAt.toISOString(),
  };
}

/** A purchase that is paid. */
export function confirmation({ session, order }: CheckoutResult): Record<string, unknown> {
  if (!order) throw new Error(`checkout session ${session.id} is completed and has no order`);
  return {
    order_id: order.id,
    checkout_id: session.id,
    status: 'confirmed' satisfies GuideStatus,
    total: amountOf(session.total, session.currency),
    estimated_delivery: order.estimated_delivery ?? null,
    permalink_url: order.permalink_url,
  };
}

/** A payment that failed leaves the session open; only its notice tells, until the cart changes. */
function guideStatus(status: SessionStatus, notice: string | undefined): GuideStatus {
  switch (status) {
    case 'completed':
      return 'confirmed';
    case 'canceled':
    case 'expired':
      return 'expired';
    default:
      return notice === 'payment_declined' || notice === 'authentication_required'
        ? 'failed'
        : 'pending_confirmation';
  }
}

const itemView = (line: QuotedLine, money: (amount: number) => Amount): CheckoutSummary['items'][number] => ({
  product_id: line.productId,
  variant_id: line.itemId,
  name: line.name,
  quantity: line.quantity,
  unit_price: money(line.unitAmount),
});

const optionView = (
  { id, title, amount, earliest, latest }: QuotedOption,
  money: (amount: number) => Amount,
): ShippingOption => ({
  id,
  name: title,
  cost: money(amount),
  delivery_estimate: earliest && latest ? { earliest, latest } : null,
});

const paymentMethodsOf = ({ psp, config, accepts }: PaymentHandler): CheckoutSummary['payment_methods'] =>
  accepts.map(({ instrument }) => ({ provider: psp, type: instrument, config }));
