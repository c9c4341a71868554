import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsInt,
  isISO31661Alpha2,
  IsObject,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { isCurrency } from '../../common/money.js';
import type { Config } from '../../config/config.js';
import { MayBeAbsent } from '../../common/http/may-be-absent.js';
import { objectsIn, pathStep, type SettingProblem } from '../../settings/namespace.js';

const highestPrice = 1_000_000_000_000;

export class ShippingOptionSettings {
  @ApiProperty({
    description: 'What agents choose by. Options of one name for different countries may share it',
    example: 'ship_standard',
  })
  @Matches(/^[a-z0-9_]{1,64}$/, { message: 'must be 1 to 64 small letters, digits and _' })
  id: string;

  @ApiProperty({ description: 'What the buyer reads', example: 'Standard shipping' })
  @Length(1, 100)
  title: string;

  @ApiProperty({ description: 'Who carries it, for the buyer to read', example: 'UPS', required: false })
  @MayBeAbsent()
  @IsString()
  @Length(1, 100)
  carrier?: string;

  @ApiProperty({ description: 'Countries it is offered for: ISO 3166-1, in capitals', example: ['US'] })
  @IsArray()
  @ArrayNotEmpty()
  @IsString({ each: true })
  countries: string[];

  @ApiProperty({
    description:
      'Minor units by currency. Without a price in the currency of a session it is not offered there',
    type: 'object',
    additionalProperties: { type: 'integer', minimum: 0, maximum: highestPrice },
    example: { usd: 500 },
  })
  @IsObject()
  prices: Record<string, number>;

  @ApiProperty({ description: 'It arrives at the earliest after so many days', example: 4 })
  @IsInt()
  @Min(0)
  @Max(365)
  minDays: number;

  @ApiProperty({ description: 'It arrives at the latest after so many days', example: 6 })
  @IsInt()
  @Min(0)
  @Max(365)
  maxDays: number;
}

const option = (
  [id, title]: [string, string],
  countries: string[],
  prices: ShippingOptionSettings['prices'],
  [minDays, maxDays]: [number, number],
): ShippingOptionSettings => ({ id, title, countries, prices, minDays, maxDays });

const standard: [string, string] = ['ship_standard', 'Standard shipping'];
const express: [string, string] = ['ship_express', 'Express shipping'];
const international: [string, string] = ['ship_international', 'International shipping'];

const sandboxOptions = [
  option(standard, ['US'], { usd: 500 }, [4, 6]),
  option(express, ['US'], { usd: 1500 }, [1, 2]),
  option(standard, ['IN'], { inr: 9900 }, [4, 6]),
  option(express, ['IN'], { inr: 24900 }, [1, 2]),
  option(international, ['CA', 'GB', 'DE', 'FR', 'AU'], { usd: 2500, inr: 199900 }, [7, 14]),
];

export class ShippingSettings {
  static readonly namespace = 'shipping';
  static defaults({ sandbox }: Config): ShippingSettings {
    return Object.assign(new ShippingSettings(), { options: sandbox ? sandboxOptions : [] });
  }

  static check({ options }: ShippingSettings): SettingProblem[] {
    const entries = objectsIn(options);
    return entries.flatMap(([index, one]) => {
      const param = `$.options[${index}]`;
      const before = entries.filter(([earlier]) => earlier < index);
      return [
        ...countryProblems(one, `${param}.countries`, before),
        ...priceProblems(one, `${param}.prices`),
        ...(one.minDays > one.maxDays
          ? [{ param: `${param}.maxDays`, message: 'must not be less than minDays' }]
          : []),
      ];
    });
  }

  @ApiProperty({
    description: 'Ways to ship, flat prices per order. A country that no option names is not delivered to',
    type: ShippingOptionSettings,
    isArray: true,
  })
  @IsArray()
  @ArrayMaxSize(200)
  @ValidateNested({ each: true })
  @Type(() => ShippingOptionSettings)
  options: ShippingOptionSettings[];
}

/** An agent chooses by the id, so a country must not have two options of one id. */
function countryProblems(
  { id, countries }: ShippingOptionSettings,
  param: string,
  before: [number, ShippingOptionSettings][],
): SettingProblem[] {
  if (!Array.isArray(countries)) return [];
  return countries.flatMap((country, at) => {
    const path = pathStep(param, at);
    if (!/^[A-Z]{2}$/.test(country) || !isISO31661Alpha2(country))
      return [{ param: path, message: 'must be an ISO 3166-1 country in capitals, such as US' }];
    if (countries.indexOf(country) < at) return [{ param: path, message: 'stands here twice' }];
    const other = before.find(([, earlier]) => earlier.id === id && earlier.countries?.includes(country));
    return other
      ? [{ param: path, message: `is served by $.options[${other[0]}] under the same id already` }]
      : [];
  });
}

function priceProblems({ prices }: ShippingOptionSettings, param: string): SettingProblem[] {
  const entries = Object.entries(prices ?? {});
  if (entries.length === 0) return [{ param, message: 'must have a price in one currency at least' }];
  return entries.flatMap(([currency, price]) => {
    const path = pathStep(param, currency);
    if (!isCurrency(currency))
      return [{ param: path, message: 'is not an ISO 4217 currency in small letters' }];
    const usable = Number.isSafeInteger(price) && price >= 0 && price <= highestPrice;
    return usable
      ? []
      : [{ param: path, message: `must be a whole number of minor units up to ${highestPrice}` }];
  });
}
