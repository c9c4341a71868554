import { apiErrors } from '../common/api-error.js';
import type { CartChanges, FulfillmentPatch, RequestedLine } from '../checkout/cart-changes.js';
import type { CreateCheckout } from '../checkout/checkout.service.js';
import type { CompleteCheckout } from '../checkout/complete-checkout.service.js';
import type { PaymentInput } from '../checkout/payment-input.js';
import type { OptionChoice } from '../checkout/session-content.js';
import { toAuthentication } from './authentication-result.dto.js';
import type { BuyerDto } from './buyer.dto.js';
import type { FulfillmentDetailsDto, RequestedItemDto, SelectedFulfillmentOptionDto } from './cart.dto.js';
import type {
  CompleteCheckoutSessionDto,
  CreateCheckoutSessionDto,
  UpdateCheckoutSessionDto,
} from './checkout-session.dto.js';
import type { PaymentDataDto } from './payment-data.dto.js';

/** From the protocol's words to the use-cases'. Pure. */
export function toCreate(agentId: string, dto: CreateCheckoutSessionDto): CreateCheckout {
  const lines = toLines(dto);
  if (!lines || lines.length === 0) throw apiErrors.missing('$.line_items');
  return {
    ...toChanges(dto),
    agentId,
    lines,
    currency: dto.currency?.toLowerCase(),
    interventions: dto.capabilities?.interventions?.supported ?? [],
    handlerNames: dto.capabilities?.payment?.handlers?.flatMap(({ name }) => name ?? []) ?? [],
    extensions: dto.capabilities?.extensions?.flatMap(extensionName) ?? [],
    locale: dto.locale,
    timezone: dto.timezone,
    quoteId: dto.quote_id,
    metadata: dto.metadata,
    attribution: dto.affiliate_attribution,
  };
}

export function toChanges(dto: UpdateCheckoutSessionDto): CartChanges {
  return {
    lines: toLines(dto),
    buyer: dto.buyer && toBuyer(dto.buyer),
    fulfillment: dto.fulfillment_details && toFulfillment(dto.fulfillment_details),
    choices: dto.selected_fulfillment_options && dto.selected_fulfillment_options.map(toChoice),
    discountCodes: dto.discounts === undefined ? dto.coupons : (dto.discounts?.codes ?? null),
    orderNotes: dto.order_notes,
  };
}

export function toComplete(
  agentId: string,
  sessionId: string,
  dto: CompleteCheckoutSessionDto,
): CompleteCheckout {
  return {
    agentId,
    sessionId,
    payment: dto.payment_data ? toPayment(dto.payment_data) : null,
    authentication: dto.authentication_result ? toAuthentication(dto.authentication_result) : null,
    // Whether or not it declared `3ds`: the protocol has a way to go on.
    canAuthenticate: true,
    buyer: dto.buyer && toBuyer(dto.buyer),
    orderNotes: dto.order_notes,
    attribution: dto.affiliate_attribution,
    marketingConsents: dto.marketing_consents,
  };
}

interface RequestedLines {
  line_items?: RequestedItemDto[] | null;
  items?: RequestedItemDto[] | null;
}

function toLines({ line_items, items }: RequestedLines): RequestedLine[] | undefined {
  const lines = line_items === undefined ? items : line_items;
  // Null clears: the cart is empty then, as with an empty list.
  return (lines === null ? [] : lines)?.map((line, index) => {
    // An echoed line has an id of its own; what is bought is then the item inside.
    const itemId = line.item?.id ?? line.id;
    if (!itemId) throw apiErrors.missing(`$.line_items[${index}].id`);
    return { itemId, quantity: line.quantity ?? line.item?.quantity ?? 1 };
  });
}

/** Absent members must stay absent, or they would clear what is known. Only a member of the buyer itself can be cleared. */
function toBuyer(dto: BuyerDto): Record<string, unknown> {
  const sent = Object.entries(dto).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    sent.map(([name, value]) => [name, isObject(value) ? withoutNulls(value) : value]),
  );
}

function toFulfillment({ name, phone_number, email, address }: FulfillmentDetailsDto): FulfillmentPatch {
  return {
    ...(name !== undefined && { name }),
    ...(phone_number !== undefined && { phoneNumber: phone_number }),
    ...(email !== undefined && { email }),
    ...(address !== undefined && {
      address: address && {
        name: address.name,
        lineOne: address.line_one,
        lineTwo: address.line_two ?? undefined,
        company: address.company ?? undefined,
        city: address.city,
        state: address.state,
        country: address.country.toUpperCase(),
        postalCode: address.postal_code,
      },
    }),
  };
}

function toChoice(
  { option_id, item_ids, shipping, digital }: SelectedFulfillmentOptionDto,
  index: number,
): OptionChoice {
  const nested = shipping ?? digital;
  const optionId = option_id ?? nested?.option_id;
  if (!optionId) throw apiErrors.missing(`$.selected_fulfillment_options[${index}].option_id`);
  return { optionId, itemIds: item_ids ?? nested?.item_ids ?? [] };
}

/** The older shape `{token, provider}` means a card paid with a shared payment token (ACP §6.4). */
function toPayment({ handler_id, instrument, token, provider }: PaymentDataDto): PaymentInput {
  if (token != null) {
    if (!provider) throw apiErrors.missing('$.payment_data.provider');
    return { provider, instrumentType: 'card', credential: { type: 'spt', token } };
  }
  if (!instrument) throw apiErrors.missing('$.payment_data.instrument');
  if (!handler_id) throw apiErrors.missing('$.payment_data.handler_id');
  return { handlerId: handler_id, instrumentType: instrument.type, credential: { ...instrument.credential } };
}

/** A name, or an object with one; either may carry a version after `@`. */
function extensionName(extension: unknown): string[] {
  const name =
    typeof extension === 'object' && extension !== null && 'name' in extension ? extension.name : extension;
  return typeof name === 'string' && name !== '' ? [name.replace(/@.*$/, '')] : [];
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const withoutNulls = (value: object): object =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null && member !== undefined));
