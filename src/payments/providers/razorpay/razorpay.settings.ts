import { ApiProperty } from '@nestjs/swagger';
import { IsBoolean, IsOptional } from 'class-validator';
import type { Config } from '../../../config/config.js';
import type { SettingProblem } from '../../../settings/namespace.js';
import { IsKey } from '../is-key.js';
import { keyProblems, wellKnownProblems } from '../provider-keys.js';

export class RazorpaySettings {
  static readonly namespace = 'payments.razorpay';
  static readonly secrets = ['keySecret', 'webhookSecret', 'webhookSecretPrevious'] as const;
  static readonly previous = { webhookSecret: 'webhookSecretPrevious' };

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

  static check(values: RazorpaySettings, config: Config): SettingProblem[] {
    return [
      ...keyProblems(config, config.razorpay.apiBase, { member: 'keyId', value: values.keyId }),
      ...wellKnownProblems(config, values, ['keyId', ...RazorpaySettings.secrets]),
    ];
  }

  @ApiProperty({
    description: 'The API key id. Public: agents and Checkout see it. Without it Razorpay is not offered',
    example: 'rzp_test_sandbox',
  })
  @IsOptional()
  @IsKey()
  keyId?: string;

  @ApiProperty({ description: 'The API key secret. Without it Razorpay is not offered' })
  @IsOptional()
  @IsKey()
  keySecret?: string;

  @ApiProperty({ description: 'The secret of the webhook at Razorpay. Without it no webhook is believed' })
  @IsOptional()
  @IsKey()
  webhookSecret?: string;

  @ApiProperty({
    description:
      'The webhook secret before it: Razorpay signs its retries of older events with that. A change of ' +
      '`webhookSecret` alone moves the old one here; set both, this one to "" if need be, for the old one to end at once',
  })
  @IsOptional()
  @IsKey()
  webhookSecretPrevious?: string;

  @ApiProperty({
    description: 'Whether agents may charge tokens saved at Razorpay, without the buyer at hand',
  })
  @IsBoolean()
  savedTokens: boolean;
}
