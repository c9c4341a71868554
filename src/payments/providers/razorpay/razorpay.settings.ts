import { IsBoolean, IsOptional, IsString, MaxLength } from 'class-validator';
import type { Config } from '../../../config/config.js';

export class RazorpaySettings {
  static readonly namespace = 'payments.razorpay';
  static readonly secrets = ['keySecret', 'webhookSecret', 'webhookSecretPrevious'] as const;

  static defaults(config: Config): RazorpaySettings {
    return Object.assign(new RazorpaySettings(), { savedTokens: config.sandbox });
  }

  static fromEnvironment({ razorpay }: Config): Partial<RazorpaySettings> {
    return {
      keyId: razorpay.keyId,
      keySecret: razorpay.keySecret,
      webhookSecret: razorpay.webhookSecret,
      webhookSecretPrevious: razorpay.webhookSecretPrevious,
    };
  }

  /** Public: agents and Checkout see it. Without it Razorpay is not offered. */
  @IsOptional()
  @IsString()
  @MaxLength(256)
  keyId?: string;

  /** Without it Razorpay is not offered. */
  @IsOptional()
  @IsString()
  keySecret?: string;

  @IsOptional()
  @IsString()
  webhookSecret?: string;

  /** The one before it: Razorpay signs its retries of older events with that. */
  @IsOptional()
  @IsString()
  webhookSecretPrevious?: string;

  /** Whether agents may charge tokens saved at Razorpay, without the buyer at hand. */
  @IsBoolean()
  savedTokens: boolean;
}
