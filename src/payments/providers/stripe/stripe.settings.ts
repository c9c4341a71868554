import { Type } from 'class-transformer';
import { IsOptional, IsString, Length, Matches, MaxLength, ValidateNested } from 'class-validator';
import type { Config } from '../../../config/config.js';

/** Who the acquirer is, as 3-D Secure asks (ACP §7 `acquirer_details`). */
export class AcquirerSettings {
  @Matches(/^\d{1,11}$/)
  bin: string;

  @Matches(/^[A-Z]{2}$/)
  country: string;

  @Length(1, 35)
  merchantId: string;

  @Length(1, 40)
  name: string;
}

export class StripeSettings {
  static readonly namespace = 'payments.stripe';
  static readonly secrets = ['secretKey', 'webhookSecret', 'webhookSecretPrevious'] as const;

  static defaults(config: Config): StripeSettings {
    return Object.assign(new StripeSettings(), {
      acquirer: config.sandbox
        ? { bin: '400000', country: 'US', merchantId: 'sandbox-merchant', name: 'Storekeeper Sandbox' }
        : undefined,
    });
  }

  static fromEnvironment({ stripe }: Config): Partial<StripeSettings> {
    return {
      secretKey: stripe.secretKey,
      webhookSecret: stripe.webhookSecret,
      webhookSecretPrevious: stripe.webhookSecretPrevious,
      merchantId: stripe.merchantId,
    };
  }

  /** Without it Stripe is not offered. */
  @IsOptional()
  @IsString()
  secretKey?: string;

  @IsOptional()
  @IsString()
  webhookSecret?: string;

  /** The one before it, while Stripe still signs with both (https://docs.stripe.com/webhooks#roll-endpoint-secrets). */
  @IsOptional()
  @IsString()
  webhookSecretPrevious?: string;

  /** The Stripe account, shown to agents so that they can delegate a payment to it. Without it Stripe is not offered. */
  @IsOptional()
  @IsString()
  @MaxLength(256)
  merchantId?: string;

  /** Without it a demand for 3-D Secure is answered as a decline. */
  @IsOptional()
  @ValidateNested()
  @Type(() => AcquirerSettings)
  acquirer?: AcquirerSettings;
}
