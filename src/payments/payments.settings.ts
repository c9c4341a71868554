import { IsIn, IsObject } from 'class-validator';
import type { Config } from '../config/config.js';

export class PaymentsSettings {
  static readonly namespace = 'payments';
  static defaults(config: Config): PaymentsSettings {
    return Object.assign(new PaymentsSettings(), {
      captureMethod: 'automatic',
      orphanPolicy: 'report',
      providersByCurrency: config.sandbox ? { usd: ['stripe'], inr: ['razorpay'] } : { usd: ['stripe'] },
    });
  }

  /** `manual` only authorizes at checkout; the merchant captures when shipping. */
  @IsIn(['automatic', 'manual'])
  captureMethod: 'automatic' | 'manual';

  /**
   * What to do with a payment of ours that no row knows, as after restoring an older backup: only tell the merchant,
   * or send the money back too.
   */
  @IsIn(['report', 'refund'])
  orphanPolicy: 'report' | 'refund';

  /** Codes of the providers offered for a currency, the preferred one first. */
  @IsObject()
  providersByCurrency: Record<string, string[]>;
}
