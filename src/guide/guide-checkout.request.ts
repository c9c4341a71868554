import type { CartChanges, FulfillmentPatch, RequestedLine } from '../checkout/cart-changes.js';
import type { CreateCheckout } from '../checkout/checkout.service.js';
import type { CompleteCheckout } from '../checkout/complete-checkout.service.js';
import type {
  CompleteGuideCheckoutDto,
  CreateGuideCheckoutDto,
  GuideBuyerDto,
  UpdateGuideCheckoutDto,
} from './guide-checkout.dto.js';
import { toPaymentInput } from './payment-token.js';
import type { ShippingAddressDto } from './shipping-address.dto.js';

/** From this dialect's words to the use-cases'. Pure. */
export function toCreate(
  agentId: string,
  { currency, shipping_address }: CreateGuideCheckoutDto,
  lines: RequestedLine[],
): CreateCheckout {
  const inIndia = shipping_address?.country.toUpperCase() === 'IN';
  return {
    agentId,
    lines,
    currency: currency?.toLowerCase() ?? (inIndia ? 'inr' : 'usd'),
    fulfillment: shipping_address ? toFulfillment(shipping_address) : undefined,
    interventions: [],
    handlerNames: [],
    extensions: [],
  };
}

export function toChanges(
  { shipping_address, shipping_option_id }: UpdateGuideCheckoutDto,
  lines: RequestedLine[] | undefined,
): CartChanges {
  return {
    lines,
    fulfillment: shipping_address ? toFulfillment(shipping_address) : undefined,
    choices: shipping_option_id == null ? undefined : [{ optionId: shipping_option_id, itemIds: [] }],
  };
}

export function toComplete(
  agentId: string,
  sessionId: string,
  { payment_token, payment_provider, buyer }: CompleteGuideCheckoutDto,
): CompleteCheckout {
  return {
    agentId,
    sessionId,
    payment: payment_token == null ? null : toPaymentInput(payment_token, payment_provider ?? undefined),
    buyer: buyer ? toBuyer(buyer) : undefined,
    authentication: null,
    canAuthenticate: false,
  };
}

/** Absent members must stay absent, or they would clear what is known. */
const toBuyer = ({ email, name }: GuideBuyerDto): Record<string, unknown> => ({
  ...(email != null && { email }),
  ...(name != null && { full_name: name }),
});

const toFulfillment = ({
  name,
  street,
  city,
  state,
  zip,
  country,
}: ShippingAddressDto): FulfillmentPatch => ({
  name,
  address: {
    name,
    lineOne: street,
    city,
    state: state?.trim() ?? '',
    country: country.toUpperCase(),
    postalCode: zip.trim(),
  },
});
