import { Injectable } from '@nestjs/common';
import { Type } from 'class-transformer';
import { IsArray, IsNumber, IsOptional, Matches, Max, Min, ValidateNested } from 'class-validator';
import type { Config } from '../../config/config.js';
import { SettingsService } from '../../settings/settings.service.js';
import type { Address } from '../session-content.js';
import { type TaxableLine, type TaxRate, TaxStrategy } from './tax.strategy.js';

export class TaxRateSettings {
  @Matches(/^[A-Z]{2}$/)
  country: string;

  /** State or province without the country: `CA`. Absent: the whole country. */
  @IsOptional()
  @Matches(/^[A-Z0-9]{1,3}$/)
  region?: string;

  @IsNumber({ maxDecimalPlaces: 4 })
  @Min(0)
  @Max(100)
  percent: number;
}

export class TaxSettings {
  static readonly namespace = 'tax';
  static defaults({ sandbox }: Config): TaxSettings {
    const demo = [
      { country: 'US', region: 'CA', percent: 8.25 },
      { country: 'US', region: 'NY', percent: 8.875 },
      { country: 'IN', percent: 18 },
    ];
    return Object.assign(new TaxSettings(), { rates: sandbox ? demo : [] });
  }

  /** Percent on top of the prices. A region's rate wins over its country's; elsewhere no tax. */
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => TaxRateSettings)
  rates: TaxRateSettings[];
}

/** The merchant's own table of rates (setting `tax.rates`). */
@Injectable()
export class TableTaxStrategy extends TaxStrategy {
  constructor(private readonly settings: SettingsService) {
    super();
  }

  async ratesFor({
    lines,
    destination,
  }: {
    lines: TaxableLine[];
    destination: Address | null;
  }): Promise<(TaxRate | null)[]> {
    const { rates } = await this.settings.get(TaxSettings);
    const rate = destination && findRate(rates, destination);
    return lines.map(() => rate ?? null);
  }
}

function findRate(rates: TaxRateSettings[], { country, state }: Address): TaxRate | undefined {
  // A state comes as `CA` or as `US-CA`.
  const region = state.toUpperCase().replace(`${country}-`, '');
  const inCountry = rates.filter((rate) => rate.country === country);
  const found =
    inCountry.find((rate) => rate.region === region) ?? inCountry.find((rate) => rate.region === undefined);
  return (
    found && { percent: found.percent, jurisdiction: found.region ? `${country}-${found.region}` : country }
  );
}
