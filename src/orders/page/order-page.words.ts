/** How a buyer reads the words of the protocol (ACP §3.7), and how good the news is. */
export interface Words {
  text: string;
  tone: 'good' | 'busy' | 'bad';
}

const good = (text: string): Words => ({ text, tone: 'good' });
const busy = (text: string): Words => ({ text, tone: 'busy' });
const bad = (text: string): Words => ({ text, tone: 'bad' });

const orders: Record<string, Words | undefined> = {
  created: busy('Received'),
  confirmed: good('Confirmed'),
  manual_review: busy('Being reviewed'),
  processing: busy('Being prepared'),
  shipped: busy('On its way'),
  completed: good('Delivered'),
  canceled: bad('Canceled'),
};

const fulfillments: Record<string, Words | undefined> = {
  pending: busy('Not yet packed'),
  processing: busy('Being packed'),
  shipped: busy('Shipped'),
  in_transit: busy('On its way'),
  out_for_delivery: busy('Out for delivery'),
  ready_for_pickup: good('Ready for pickup'),
  delivered: good('Delivered'),
  failed: bad('Could not be delivered'),
  canceled: bad('Canceled'),
};

const events: Record<string, string | undefined> = {
  processing: 'Being packed',
  shipped: 'Shipped',
  in_transit: 'On its way',
  out_for_delivery: 'Out for delivery',
  ready_for_pickup: 'Ready for pickup',
  delivered: 'Delivered',
  failed_attempt: 'Delivery was tried',
  undeliverable: 'Could not be delivered',
  returned_to_sender: 'Went back to the shop',
  canceled: 'Canceled',
};

const adjustments: Record<string, string | undefined> = {
  refund: 'Refund',
  credit: 'Credit',
  return: 'Return',
  exchange: 'Exchange',
  price_adjustment: 'Price adjustment',
  cancellation: 'Canceled items',
  dispute: 'Dispute',
};

const outcomes: Record<string, Words | undefined> = {
  pending: busy('Under way'),
  completed: good('Done'),
  failed: bad('Did not go through'),
};

/** Whose decision it was is no matter of going through. */
const disputeOutcomes: Record<string, Words | undefined> = {
  pending: busy('Open'),
  completed: good('Decided for the buyer'),
  failed: busy('Decided for the shop'),
};

const types: Record<string, string | undefined> = {
  shipping: 'Parcel',
  pickup: 'Pickup',
  digital: 'Download',
};

export const orderWords = (status: string): Words => orders[status] ?? busy(plain(status));
export const fulfillmentWords = (status: string): Words => fulfillments[status] ?? busy(plain(status));
export const eventWords = (type: string): string => events[type] ?? plain(type);
export const typeWords = (type: string): string => types[type] ?? plain(type);
export const adjustmentWords = (type: string): string => adjustments[type] ?? plain(type);
export const outcomeWords = (type: string, status: string): Words =>
  (type === 'dispute' ? disputeOutcomes : outcomes)[status] ?? busy(plain(status));

/** A word that the shop has made up. */
const plain = (word: string): string => {
  const text = word.replaceAll('_', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
};
