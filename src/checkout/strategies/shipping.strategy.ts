import type { Address, QuotedOption } from '../session-content.js';

export interface ShippableLine {
  itemId: string;
  quantity: number;
}

/**
 * Offers ways to ship. May call out (a carrier), so it runs before any transaction; throwing makes the session
 * wait with a message. An empty list means that the shop does not deliver there.
 */
export abstract class ShippingStrategy {
  abstract optionsFor(args: {
    lines: ShippableLine[];
    currency: string;
    destination: Address;
    now: Date;
  }): Promise<QuotedOption[]>;
}
