import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsISO31661Alpha2,
  IsNumber,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import type { Config } from '../../config/config.js';
import { MayBeAbsent } from '../../common/http/may-be-absent.js';
import { objectsIn, type SettingProblem } from '../../settings/namespace.js';

export class TaxRateSettings {
  @ApiProperty({ description: 'ISO 3166-1, in capitals', example: 'US' })
  @IsISO31661Alpha2({ message: 'must be an ISO 3166-1 country such as US' })
  @Matches(/^[A-Z]{2}$/, { message: 'must be an ISO 3166-1 country in capitals, such as US' })
  country: string;

  @ApiProperty({
    description: 'State or province without the country. Absent: the whole country',
    example: 'CA',
    required: false,
  })
  @MayBeAbsent()
  @Matches(/^[A-Z0-9]{1,3}$/, {
    message: 'must be a state or province in capitals without its country, such as CA',
  })
  region?: string;

  @ApiProperty({ description: 'Percent on top of the price, with up to four decimals', example: 8.875 })
  @IsNumber({ maxDecimalPlaces: 4 })
  @Min(0)
  @Max(100)
  percent: number;
}

export class TaxSettings {
  static readonly namespace = 'tax';
  // Sold without the tax it should have had is worse than not sold: the checkout waits with a message.
  static readonly irreplaceable = ['rates'];

  static defaults({ sandbox }: Config): TaxSettings {
    const demo = [
      { country: 'US', region: 'CA', percent: 8.25 },
      { country: 'US', region: 'NY', percent: 8.875 },
      { country: 'IN', percent: 18 },
    ];
    return Object.assign(new TaxSettings(), { rates: sandbox ? demo : [] });
  }

  /** One rate for each place; which of two would be charged is not to depend on their order. */
  static check({ rates }: TaxSettings): SettingProblem[] {
    const entries = objectsIn(rates);
    return entries.flatMap(([index, { country, region }]) => {
      const [first = index] =
        entries.find(([, other]) => other.country === country && other.region === region) ?? [];
      return first < index
        ? [{ param: `$.rates[${index}]`, message: `is for the same region as $.rates[${first}]` }]
        : [];
    });
  }

  @ApiProperty({
    description:
      "Taxes by country and region. A region's rate wins over its country's; elsewhere there is no tax",
    type: TaxRateSettings,
    isArray: true,
  })
  @IsArray()
  @ArrayMaxSize(1000)
  @ValidateNested({ each: true })
  @Type(() => TaxRateSettings)
  rates: TaxRateSettings[];
}
