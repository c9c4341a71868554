import { Injectable } from '@nestjs/common';
import { Type } from 'class-transformer';
import {
  ArrayNotEmpty,
  IsArray,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  Min,
  ValidateNested,
} from 'class-validator';
import type { Config } from '../../config/config.js';
import { SettingsService } from '../../settings/settings.service.js';
import type { Address, QuotedOption } from '../session-content.js';
import { type ShippableLine, ShippingStrategy } from './shipping.strategy.js';

const dayMs = 24 * 3_600_000;

export class ShippingOptionSettings {
  @Matches(/^[a-z0-9_]{1,64}$/)
  id: string;

  @Length(1, 100)
  title: string;

  @IsOptional()
  @IsString()
  carrier?: string;

  @IsArray()
  @ArrayNotEmpty()
  @Matches(/^[A-Z]{2}$/, { each: true })
  countries: string[];

  /** Minor units by currency; without a price in the session's currency the option is not offered. */
  @IsObject()
  prices: Record<string, number>;

  @IsInt()
  @Min(0)
  minDays: number;

  @IsInt()
  @Min(0)
  maxDays: number;
}

const sandboxOptions: ShippingOptionSettings[] = [
  {
    id: 'ship_standard',
    title: 'Standard shipping',
    countries: ['US'],
    prices: { usd: 500 },
    minDays: 4,
    maxDays: 6,
  },
  {
    id: 'ship_express',
    title: 'Express shipping',
    countries: ['US'],
    prices: { usd: 1500 },
    minDays: 1,
    maxDays: 2,
  },
  {
    id: 'ship_standard',
    title: 'Standard shipping',
    countries: ['IN'],
    prices: { inr: 9900 },
    minDays: 4,
    maxDays: 6,
  },
  {
    id: 'ship_express',
    title: 'Express shipping',
    countries: ['IN'],
    prices: { inr: 24900 },
    minDays: 1,
    maxDays: 2,
  },
  {
    id: 'ship_international',
    title: 'International shipping',
    countries: ['CA', 'GB', 'DE', 'FR', 'AU'],
    prices: { usd: 2500, inr: 199900 },
    minDays: 7,
    maxDays: 14,
  },
];

export class ShippingSettings {
  static readonly namespace = 'shipping';
  static defaults({ sandbox }: Config): ShippingSettings {
    return Object.assign(new ShippingSettings(), { options: sandbox ? sandboxOptions : [] });
  }

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => ShippingOptionSettings)
  options: ShippingOptionSettings[];
}

/** The merchant's own table of flat rates per order (setting `shipping.options`). */
@Injectable()
export class TableShippingStrategy extends ShippingStrategy {
  constructor(private readonly settings: SettingsService) {
    super();
  }

  async optionsFor({
    currency,
    destination,
    now,
  }: {
    lines: ShippableLine[];
    currency: string;
    destination: Address;
    now: Date;
  }): Promise<QuotedOption[]> {
    const { options } = await this.settings.get(ShippingSettings);
    return options
      .filter(({ countries }) => countries.includes(destination.country))
      .flatMap(({ id, title, carrier, prices, minDays, maxDays }) => {
        const amount = prices[currency];
        if (amount === undefined) return [];
        const inDays = (days: number): string => new Date(now.getTime() + days * dayMs).toISOString();
        return [
          {
            id,
            type: 'shipping' as const,
            title,
            carrier,
            amount,
            tax: 0,
            earliest: inDays(minDays),
            latest: inDays(maxDays),
          },
        ];
      });
  }
}
