import type {
  AuthenticationDemand,
  PaymentHandler,
  PreparedObject,
} from '../payments/providers/payment-provider.js';

/** What the agent asked for, and what the shop made of it. The session's document; every wire renders from it. */
export interface SessionContent {
  lines: CartLine[];
  buyer: Buyer | null;
  fulfillment: FulfillmentDetails | null;
  /** Options the agent chose; without a choice the cheapest is taken. */
  choices: OptionChoice[];
  discountCodes: string[];
  /** What the agent can do about payment steps, as it said on create. */
  interventions: string[];
  /** Names of payment handlers the agent implements; empty if it did not say. */
  handlerNames: string[];
  /** Names of protocol extensions the agent understands. */
  extensions: string[];
  locale: string | null;
  timezone: string | null;
  quoteId: string | null;
  metadata: Record<string, unknown> | null;
  orderNotes: string | null;
  /** Kept for the merchant, never shown to an agent. */
  attribution: { first: unknown; last: unknown };
  marketingConsents: unknown[];
  cancelReason: unknown;
  quote: Quote;
  /** What the last complete had to say, until the cart changes. */
  notice: Problem | null;
  /** While the bank wants the buyer to authenticate: what was to be paid then, and with whom. */
  authentication: {
    demand: AuthenticationDemand;
    amount: number;
    currency: string;
    provider: string;
  } | null;
}

export interface CartLine {
  /** Stays with the item as long as it is in the cart. */
  id: string;
  itemId: string;
  quantity: number;
}

/** ACP §3.2 `Buyer`, members as the protocol names them. */
export type Buyer = { email: string } & Record<string, unknown>;

export interface FulfillmentDetails {
  name?: string;
  phoneNumber?: string;
  email?: string;
  address?: Address;
}

export interface Address {
  name: string;
  lineOne: string;
  lineTwo?: string;
  company?: string;
  city: string;
  state: string;
  /** ISO 3166-1 alpha-2, uppercase. */
  country: string;
  postalCode: string;
}

export interface OptionChoice {
  optionId: string;
  itemIds: string[];
}

/** Prices, options and totals at one moment. All amounts are minor units of the session's currency. */
export interface Quote {
  lines: QuotedLine[];
  options: QuotedOption[];
  selected: { option: QuotedOption; itemIds: string[] }[];
  totals: Total[];
  problems: Problem[];
  handlers: PaymentHandler[];
  /** Versions of the settings it was priced with; absent in quotes from before they were noted. */
  settings?: { tax: number; shipping: number };
}

export interface QuotedLine extends CartLine {
  productId: string;
  name: string;
  description: string;
  images: string[];
  variantOptions: { name: string; value: string }[];
  delivery: 'shipping' | 'digital';
  unitAmount: number;
  /** Null if stock is not tracked. */
  available: number | null;
  maxPerOrder: number | null;
  base: number;
  discount: number;
  tax: number;
  taxRatePercent: number;
  taxJurisdiction: string | null;
}

export interface QuotedOption {
  id: string;
  type: 'shipping' | 'digital';
  title: string;
  description?: string;
  carrier?: string;
  amount: number;
  tax: number;
  /** RFC 3339. */
  earliest?: string;
  latest?: string;
}

export type TotalType =
  'items_base_amount' | 'items_discount' | 'subtotal' | 'discount' | 'fulfillment' | 'tax' | 'total';

export interface Total {
  type: TotalType;
  amount: number;
}

/** Something the agent or the buyer should know or mend. Not an error of the request: the session is valid. */
export interface Problem {
  severity: 'error' | 'warning' | 'info';
  code: string;
  text: string;
  at: ProblemPlace;
  /** `payment_declined` and `requires_3ds` are told, but do not keep the session from being completed. */
  blocking: boolean;
  resolution?: 'recoverable' | 'requires_buyer_input' | 'requires_buyer_review';
  /** Of a decline: the bank wants this instrument never to be tried again. */
  final?: boolean;
}

/** Where in the session, in no wire's words. */
export type ProblemPlace =
  | { on: 'lines' }
  | { on: 'line'; index: number }
  | { on: 'address' }
  | { on: 'country' }
  | { on: 'choice'; index: number }
  | { on: 'choices' }
  | { on: 'discount_code'; index: number }
  | { on: 'handlers' }
  | { on: 'totals' }
  | { on: 'payment' };

export const totalOf = (totals: Total[], type: TotalType): number =>
  totals.find((total) => total.type === type)?.amount ?? 0;

/** What was prepared at payment providers for the total of this quote: a payment on anything else is not for it. */
export const preparedOf = ({ handlers }: Quote): PreparedObject[] =>
  handlers.flatMap(({ prepared }) => prepared ?? []);

/** Where else the total could be paid at this moment, and with whom. */
export const linksOf = ({ handlers }: Quote): { provider: string; reference: string }[] =>
  handlers.flatMap(({ psp, prepared = [] }) =>
    prepared.filter(({ kind }) => kind === 'link').map(({ reference }) => ({ provider: psp, reference })),
  );

/** A link that a charge had to close is not shown any more. */
export const withoutLinks = (quote: Quote): Quote => ({
  ...quote,
  handlers: quote.handlers.map((handler) =>
    handler.prepared
      ? { ...handler, prepared: handler.prepared.filter(({ kind }) => kind !== 'link') }
      : handler,
  ),
});
