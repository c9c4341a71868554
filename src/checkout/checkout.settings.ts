import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsIn,
  IsNumber,
  IsString,
  IsUrl,
  Length,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { isCurrency } from '../common/money.js';
import { urlRefusal } from '../common/safe-http/urls.js';
import type { Config } from '../config/config.js';
import { MayBeAbsent } from '../common/http/may-be-absent.js';
import { objectsIn, pathStep, type SettingProblem } from '../settings/namespace.js';

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
  @ApiProperty({ description: 'What the page is' })
  @IsIn(linkTypes)
  type: (typeof linkTypes)[number];

  @ApiProperty({
    description:
      'A page of this shop or at a public address, by https; in the sandbox also by http and on this machine',
    example: 'https://shop.example/legal/terms',
  })
  @IsUrl({ require_tld: false, protocols: ['http', 'https'], require_protocol: true })
  url: string;

  @ApiProperty({ description: 'What the buyer reads', example: 'Terms of use', required: false })
  @MayBeAbsent()
  @IsString()
  @Length(1, 200)
  title?: string;
}

/** Agents and their crawlers follow links: none may lead them, or us, behind a firewall. Our own pages are ours. */
function linkRefusal(url: string, { publicUrl, sandbox }: Config): string | undefined {
  if (URL.canParse(url) && new URL(url).origin === new URL(publicUrl).origin) return undefined;
  return urlRefusal(url, { sandbox })?.replace(/\.$/, '');
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

  static check({ currencies, links }: CheckoutSettings, config: Config): SettingProblem[] {
    return [
      ...[currencies].flat().flatMap((currency, index) => {
        const param = pathStep('$.currencies', index);
        if (!isCurrency(currency))
          return [{ param, message: 'is not an ISO 4217 currency in small letters' }];
        return currencies.indexOf(currency) < index ? [{ param, message: 'stands here twice' }] : [];
      }),
      ...objectsIn(links).flatMap(([index, { url }]) => {
        const message = linkRefusal(url, config);
        return message ? [{ param: `${pathStep('$.links', index)}.url`, message }] : [];
      }),
    ];
  }

  @ApiProperty({
    description: 'How long a session can be completed after it was created, in minutes; fractions allowed',
    example: 45,
  })
  @IsNumber()
  @Min(0.05)
  @Max(60 * 24 * 30)
  sessionTtlMinutes: number;

  @ApiProperty({
    description:
      'Currencies that sessions can be in: ISO 4217, in small letters; the first is for agents that name none. What a ' +
      'currency is paid with, `payments.providersByCurrency` says',
    example: ['usd', 'inr'],
  })
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(200)
  @IsString({ each: true })
  currencies: string[];

  @ApiProperty({
    description: 'Pages of the shop, shown with every session',
    type: LinkSettings,
    isArray: true,
  })
  @IsArray()
  @ArrayMaxSize(50)
  @ValidateNested({ each: true })
  @Type(() => LinkSettings)
  links: LinkSettings[];
}
