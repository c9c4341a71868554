import { pathOf } from '../checkout/checkout.problems.js';
import type { CheckoutResult } from '../checkout/checkout.service.js';
import { lineTotals } from '../checkout/sale.js';
import {
  type FulfillmentDetails,
  preparedOf,
  type Problem,
  type Quote,
  type QuotedLine,
  type QuotedOption,
  type SessionContent,
} from '../checkout/session-content.js';
import { totalView } from '../orders/order.view.js';
import type { PaymentHandler } from '../payments/providers/payment-provider.js';

/** What we can do about payment steps; offered as far as the agent can too (ACP §3.4). */
const interventions = ['3ds'];
const lowStock = 5;

/** A session as ACP 2026-04-17 shows it. Closed schemas: nothing is here that they do not name. */
export function checkoutSessionView({
  session,
  status,
  order,
  links,
}: CheckoutResult): Record<string, unknown> {
  const { content } = session;
  const { quote, authentication } = content;
  return {
    id: session.id,
    protocol: { version: '2026-04-17' },
    capabilities: {
      payment: { handlers: quote.handlers.map(handlerView) },
      interventions: {
        supported: interventions.filter((intervention) => content.interventions.includes(intervention)),
        required: [],
        enforcement: 'conditional',
      },
      // An empty list would be invalid: it matches both shapes the schema allows.
      ...((content.extensions.includes('discount') || content.discountCodes.length > 0) && {
        extensions: [{ name: 'discount' }],
      }),
    },
    status,
    currency: session.currency,
    ...present({
      buyer: content.buyer,
      locale: content.locale,
      timezone: content.timezone,
      quote_id: content.quoteId,
      metadata: content.metadata,
      fulfillment_details: content.fulfillment && fulfillmentView(content.fulfillment),
    }),
    line_items: quote.lines.map(lineView),
    fulfillment_options: quote.options.map(optionView),
    selected_fulfillment_options: quote.selected.map(({ option, itemIds }) => ({
      type: option.type,
      option_id: option.id,
      item_ids: itemIds,
    })),
    totals: quote.totals.map(totalView),
    ...(content.discountCodes.length > 0 && { discounts: discountsView(content) }),
    messages: messagesOf(content, status).map(messageView),
    ...present({ continue_url: continueUrl(quote, status) }),
    links: links.map(({ type, url, title }) => ({ type, url, ...present({ title }) })),
    ...(status === 'authentication_required' &&
      authentication && { authentication_metadata: authenticationView(authentication) }),
    created_at: iso(session.createdAt),
    updated_at: iso(session.updatedAt),
    expires_at: iso(session.expiresAt),
    ...present({ order }),
  };
}

const isFinished = (status: CheckoutResult['status']): boolean =>
  ['completed', 'canceled', 'expired', 'complete_in_progress'].includes(status);

/** Where the buyer can pay by hand, if the agent implements none of the handlers. */
const continueUrl = (quote: Quote, status: CheckoutResult['status']): string | undefined =>
  isFinished(status) ? undefined : preparedOf(quote).find(({ kind }) => kind === 'link')?.url;

/** A finished session has nothing left to mend. */
function messagesOf({ quote, notice }: SessionContent, status: CheckoutResult['status']): Problem[] {
  if (isFinished(status)) return [];
  return notice ? [...quote.problems, notice] : quote.problems;
}

function messageView({ severity, code, text, at, resolution }: Problem): Record<string, unknown> {
  return {
    type: severity,
    // The schema gives information messages no code.
    ...(severity !== 'info' && { code }),
    severity: { error: 'high', warning: 'medium', info: 'info' }[severity],
    ...present({ resolution }),
    param: pathOf(at),
    content_type: 'plain',
    content: text,
  };
}

function handlerView(handler: PaymentHandler, index: number): Record<string, unknown> {
  return {
    id: handler.id,
    name: handler.name,
    display_name: handler.displayName,
    version: handler.version,
    spec: handler.spec,
    requires_delegate_payment: handler.requiresDelegatePayment,
    requires_pci_compliance: handler.requiresPciCompliance,
    psp: handler.psp,
    config_schema: handler.configSchema,
    instrument_schemas: handler.instrumentSchemas,
    config: handler.config,
    display_order: index,
  };
}

function lineView(line: QuotedLine): Record<string, unknown> {
  return {
    id: line.id,
    item: { id: line.itemId, name: line.name, unit_amount: line.unitAmount },
    quantity: line.quantity,
    name: line.name,
    description: line.description,
    images: line.images,
    unit_amount: line.unitAmount,
    product_id: line.productId,
    ...(line.variantOptions.length > 0 && { variant_options: line.variantOptions }),
    ...(line.available !== null && { available_quantity: line.available }),
    availability_status:
      line.available === 0
        ? 'out_of_stock'
        : line.available !== null && line.available <= lowStock
          ? 'low_stock'
          : 'in_stock',
    ...(line.maxPerOrder !== null && { max_quantity_per_order: line.maxPerOrder }),
    totals: lineTotals(line).map((total) =>
      total.type === 'tax' && line.taxJurisdiction !== null
        ? {
            ...totalView(total),
            breakdown: [
              { jurisdiction: line.taxJurisdiction, rate: decimalOf(line.taxRatePercent), amount: line.tax },
            ],
          }
        : totalView(total),
    ),
  };
}

function optionView(option: QuotedOption): Record<string, unknown> {
  return {
    type: option.type,
    id: option.id,
    title: option.title,
    ...present({ description: option.description }),
    ...(option.type === 'shipping' &&
      present({
        carrier: option.carrier,
        earliest_delivery_time: option.earliest,
        latest_delivery_time: option.latest,
      })),
    totals: [
      { type: 'subtotal', amount: option.amount },
      { type: 'tax', amount: option.tax },
      { type: 'total', amount: option.amount + option.tax },
    ].map(totalView),
  };
}

function fulfillmentView({ name, phoneNumber, email, address }: FulfillmentDetails): Record<string, unknown> {
  return present({
    name,
    phone_number: phoneNumber,
    email,
    address:
      address &&
      present({
        name: address.name,
        line_one: address.lineOne,
        line_two: address.lineTwo,
        company: address.company,
        city: address.city,
        state: address.state,
        country: address.country,
        postal_code: address.postalCode,
      }),
  });
}

function discountsView({ discountCodes }: SessionContent): Record<string, unknown> {
  return {
    codes: discountCodes,
    applied: [],
    rejected: discountCodes.map((code) => ({
      code,
      reason: 'discount_code_invalid',
      message: `The discount code ${code} is not valid.`,
    })),
  };
}

function authenticationView({
  demand,
}: NonNullable<SessionContent['authentication']>): Record<string, unknown> {
  return {
    acquirer_details: {
      acquirer_bin: demand.acquirer.bin,
      acquirer_country: demand.acquirer.country,
      acquirer_merchant_id: demand.acquirer.merchantId,
      merchant_name: demand.acquirer.name,
    },
    directory_server: demand.directoryServer,
  };
}

/** Members that have a value: the protocol has no nulls. */
const present = (members: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null && value !== undefined));

/** 8.25 % is 0.0825; for reading, nothing is computed from it. */
const decimalOf = (percent: number): number => Number(`${percent}e-2`);

const iso = (date: Date): string => date.toISOString();
