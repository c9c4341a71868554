import { IsIn, IsObject } from 'class-validator';

export class PaymentsSettings {
  static readonly namespace = 'payments';
  static defaults(): PaymentsSettings {
    return Object.assign(new PaymentsSettings(), {
      captureMethod: 'automatic',
      orphanPolicy: 'report',
      providersByCurrency: { usd: ['stripe'], inr: ['razorpay'] },
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
