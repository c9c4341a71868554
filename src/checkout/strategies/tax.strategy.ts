import type { Address } from '../session-content.js';

export interface TaxableLine {
  itemId: string;
  quantity: number;
  /** Minor units after item discounts. */
  netAmount: number;
}

export interface TaxRate {
  percent: number;
  /** What is shown with the tax, e.g. `US-CA`. */
  jurisdiction: string;
}

/**
 * Decides the tax of each line. May call out (a tax service), so it runs before any transaction; throwing makes
 * the session wait with a message, never a zero tax. Returns one rate per line, null for none.
 */
export abstract class TaxStrategy {
  abstract ratesFor(args: {
    lines: TaxableLine[];
    currency: string;
    destination: Address | null;
  }): Promise<(TaxRate | null)[]>;
}
