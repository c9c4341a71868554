import { fulfillmentStatus } from './fulfillment.states.js';
import type {
  DigitalDelivery,
  LineQuantity,
  LoggedFulfillment,
  OrderFulfillmentEvent,
} from './order-fulfillment.entity.js';

/** ACP §3.7 `Fulfillment`. */
export interface FulfillmentView {
  id: string;
  type: string;
  status: string;
  line_items: LineQuantity[];
  carrier?: string;
  tracking_number?: string;
  tracking_url?: string;
  digital_delivery?: DigitalDelivery;
  description?: string;
  events: FulfillmentEventView[];
}

/** ACP §3.7 `FulfillmentEvent`. */
export interface FulfillmentEventView {
  id: string;
  type: string;
  occurred_at: string;
  description?: string;
  location?: string;
}

export function fulfillmentView(fulfillment: LoggedFulfillment): FulfillmentView {
  const { id, type, lineItems, carrier, trackingNumber, trackingUrl, digitalDelivery, description, events } =
    fulfillment;
  return {
    id,
    type,
    status: fulfillmentStatus(events),
    line_items: lineItems,
    ...(carrier !== null && { carrier }),
    ...(trackingNumber !== null && { tracking_number: trackingNumber }),
    ...(trackingUrl !== null && { tracking_url: trackingUrl }),
    ...(digitalDelivery && { digital_delivery: digitalDelivery }),
    ...(description !== null && { description }),
    events: events.map(eventView),
  };
}

const eventView = ({
  id,
  type,
  occurredAt,
  description,
  location,
}: OrderFulfillmentEvent): FulfillmentEventView => ({
  id,
  type,
  occurred_at: occurredAt.toISOString(),
  ...(description !== null && { description }),
  ...(location !== null && { location }),
});
