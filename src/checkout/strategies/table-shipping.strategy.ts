import { Injectable } from '@nestjs/common';
import { SettingsService } from '../../settings/settings.service.js';
import type { Address, QuotedOption } from '../session-content.js';
import { ShippingSettings } from './shipping.settings.js';
import { type ShippableLine, ShippingStrategy } from './shipping.strategy.js';

const dayMs = 24 * 3_600_000;

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
