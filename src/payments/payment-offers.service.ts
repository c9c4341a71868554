import { Injectable } from '@nestjs/common';
import { SettingsService } from '../settings/settings.service.js';
import { PaymentsSettings } from './payments.settings.js';
import { type Preparation, PreparedPaymentsService } from './prepared-payments.service.js';
import type { Money, PaymentHandler } from './providers/payment-provider.js';
import { ProviderRegistry } from './providers/provider-registry.js';

/** What one provider has to offer for a total. */
interface Offered {
  handler?: PaymentHandler;
  belowMinimum?: number;
  /** The provider is set up and could not be reached. */
  unavailable?: boolean;
}

/** The ways to pay a total, in the merchant's order; and if there is none, why. */
export interface Offers {
  handlers: PaymentHandler[];
  belowMinimum?: number;
  unavailable: boolean;
}

/** Which ways to pay a session shows. */
@Injectable()
export class PaymentOffersService {
  constructor(
    private readonly providers: ProviderRegistry,
    private readonly prepared: PreparedPaymentsService,
    private readonly settings: SettingsService,
  ) {}

  /** May call providers that want something prepared, so never inside a transaction. */
  async offers(total: Money, preparation: Preparation): Promise<Offers> {
    const { providersByCurrency } = await this.settings.get(PaymentsSettings);
    const codes = (providersByCurrency[total.currency] ?? []).filter((code) => this.providers.find(code));
    const offered = await Promise.all(codes.map((code) => this.offerOf(code, total, preparation)));
    return {
      handlers: offered.flatMap(({ handler }) => handler ?? []),
      belowMinimum: offered.flatMap(({ belowMinimum }) => belowMinimum ?? []).sort((a, b) => a - b)[0],
      unavailable: offered.some(({ unavailable }) => unavailable),
    };
  }

  private async offerOf(code: string, total: Money, preparation: Preparation): Promise<Offered> {
    const provider = this.providers.get(code);
    const bare = await provider.offer(total, []);
    if ('belowMinimum' in bare) return { belowMinimum: bare.belowMinimum };
    if (!('handler' in bare)) return {};
    if (!provider.prepare || total.amount === 0) return { handler: bare.handler };
    const prepared = await this.prepared.prepare(provider, total, preparation);
    if (prepared === 'not yet') return { handler: bare.handler };
    if (prepared === 'unavailable') return { unavailable: true };
    const offer = await provider.offer(total, prepared);
    return 'handler' in offer ? { handler: { ...offer.handler, prepared } } : {};
  }
}
