import { Injectable } from '@nestjs/common';
import { SettingsService } from '../../settings/settings.service.js';
import type { Address } from '../session-content.js';
import { type TaxRateSettings, TaxSettings } from './tax.settings.js';
import { type TaxableLine, type TaxRate, TaxStrategy } from './tax.strategy.js';

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
