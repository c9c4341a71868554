import { Type } from 'class-transformer';
import {
  ArrayNotEmpty,
  IsArray,
  IsIn,
  IsNumber,
  IsOptional,
  IsString,
  IsUrl,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import type { Config } from '../config/config.js';

export const linkTypes = [
  'terms_of_use',
  'privacy_policy',
  'return_policy',
  'shipping_policy',
  'contact_us',
  'about_us',
  'faq',
  'support',
] as const;

export class LinkSettings {
  @IsIn(linkTypes)
  type: (typeof linkTypes)[number];

  @IsUrl({ require_tld: false, protocols: ['http', 'https'], require_protocol: true })
  url: string;

  @IsOptional()
  @IsString()
  title?: string;
}

export class CheckoutSettings {
  static readonly namespace = 'checkout';
  static defaults({ publicUrl, stripe, razorpay }: Config): CheckoutSettings {
    const inRupees = razorpay.keyId !== undefined;
    const inDollars = stripe.secretKey !== undefined || !inRupees;
    return Object.assign(new CheckoutSettings(), {
      sessionTtlMinutes: 15,
      // In which there is somebody to charge: the sandbox has both.
      currencies: [...(inDollars ? ['usd'] : []), ...(inRupees ? ['inr'] : [])],
      links: [
        { type: 'terms_of_use', url: `${publicUrl}/legal/terms` },
        { type: 'privacy_policy', url: `${publicUrl}/legal/privacy` },
      ],
    });
  }

  /** How long a session can be completed after it was created; fractions allowed. */
  @IsNumber()
  @Min(0.05)
  @Max(60 * 24 * 30)
  sessionTtlMinutes: number;

  /** ISO 4217, lowercase; the first is the default for agents that name none. */
  @IsArray()
  @ArrayNotEmpty()
  @Matches(/^[a-z]{3}$/, { each: true })
  currencies: string[];

  /** Shown with every session. */
  @ValidateNested({ each: true })
  @Type(() => LinkSettings)
  links: LinkSettings[];
}
