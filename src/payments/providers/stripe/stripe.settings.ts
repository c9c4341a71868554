import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  IsISO31661Alpha2,
  IsObject,
  IsOptional,
  Length,
  Matches,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import type { Config } from '../../../config/config.js';
import type { SettingProblem } from '../../../settings/namespace.js';
import { IsKey } from '../is-key.js';
import { keyProblems, wellKnownProblems } from '../provider-keys.js';

/** Who the acquirer is, as 3-D Secure asks (ACP §7 `acquirer_details`). */
export class AcquirerSettings {
  @ApiProperty({ description: 'Bank identification number of the acquirer', example: '400000' })
  @Matches(/^\d{1,11}$/, { message: 'must be 1 to 11 digits' })
  bin: string;

  @ApiProperty({ description: 'ISO 3166-1, in capitals', example: 'US' })
  @IsISO31661Alpha2({ message: 'must be an ISO 3166-1 country such as US' })
  @Matches(/^[A-Z]{2}$/, { message: 'must be an ISO 3166-1 country in capitals, such as US' })
  country: string;

  @ApiProperty({ description: 'What the acquirer calls the merchant', example: 'sandbox-merchant' })
  @Length(1, 35)
  merchantId: string;

  @ApiProperty({
    description: "The merchant's name as the acquirer knows it",
    example: 'Storekeeper Sandbox',
  })
  @Length(1, 40)
  name: string;
}

export class StripeSettings {
  static readonly namespace = 'payments.stripe';
  static readonly secrets = ['secretKey', 'webhookSecret', 'webhookSecretPrevious'] as const;
  static readonly previous = { webhookSecret: 'webhookSecretPrevious' };

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

  static check(values: StripeSettings, config: Config): SettingProblem[] {
    const { secretKey } = values;
    return [
      ...(secretKey?.startsWith('pk_')
        ? [{ param: '$.secretKey', message: 'is a publishable key; the secret key begins with sk_ or rk_' }]
        : []),
      ...keyProblems(config, config.stripe.apiBase, { member: 'secretKey', value: secretKey }),
      ...wellKnownProblems(config, values, StripeSettings.secrets),
    ];
  }

  @ApiProperty({ description: 'The API key, secret or restricted. Without it Stripe is not offered' })
  @IsOptional()
  @IsKey()
  secretKey?: string;

  @ApiProperty({
    description: 'Signing secret of the webhook endpoint at Stripe. Without it no webhook is believed',
  })
  @IsOptional()
  @IsKey()
  webhookSecret?: string;

  // https://docs.stripe.com/webhooks#roll-endpoint-secrets
  @ApiProperty({
    description:
      'The signing secret before it, while Stripe still signs with both. A change of `webhookSecret` alone moves the ' +
      'old one here; set both, this one to "" if need be, for the old one to end at once',
  })
  @IsOptional()
  @IsKey()
  webhookSecretPrevious?: string;

  @ApiProperty({
    description:
      'The Stripe account, shown to agents so that they can delegate a payment to it. Without it Stripe is not offered',
    example: 'acct_sandbox',
  })
  @IsOptional()
  @IsKey()
  @MaxLength(256)
  merchantId?: string;

  @ApiProperty({
    description:
      'The acquirer, as 3-D Secure names it. Without it a demand for 3-D Secure is answered as a decline',
    type: AcquirerSettings,
  })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => AcquirerSettings)
  acquirer?: AcquirerSettings;
}
