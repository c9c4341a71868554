import { Injectable } from '@nestjs/common';
import { apiErrors } from '../common/api-error.js';
import { SettingsService } from '../settings/settings.service.js';
import { PaymentsSettings } from './payments.settings.js';
import type { PaymentProvider, Verification } from './providers/payment-provider.js';
import { ProviderRegistry } from './providers/provider-registry.js';

/** More than any provider's smallest amount, so that only the credentials decide whether it has an offer. */
const anyAmount = 1_000_000;

/** The payment providers as the merchant sees them. */
@Injectable()
export class PaymentProvidersService {
  constructor(
    private readonly providers: ProviderRegistry,
    private readonly settings: SettingsService,
  ) {}

  async list(): Promise<object[]> {
    const { providersByCurrency } = await this.settings.get(PaymentsSettings);
    return Promise.all(
      this.providers.all().map(async (provider) => {
        const currencies = Object.entries(providersByCurrency)
          .filter(([, codes]) => codes.includes(provider.code))
          .map(([currency]) => currency);
        return {
          code: provider.code,
          currencies,
          offered: await this.offeredIn(provider, currencies),
          capabilities: {
            manual_capture: provider.capture !== undefined,
            release: provider.release !== undefined,
            payment_links: provider.prepares?.includes('link') ?? false,
            verify: provider.verify !== undefined,
          },
        };
      }),
    );
  }

  async verify(code: string): Promise<Verification & { code: string }> {
    const provider = this.providers.find(code);
    if (!provider) throw apiErrors.notFound('The payment provider');
    // Not the keys of two seconds ago, when another process has just stored these.
    this.settings.forget();
    const unable = { ok: false, problems: ['This provider offers no way to try its credentials.'] };
    return { code, ...(provider.verify ? await provider.verify() : unable) };
  }

  /** In which of its currencies a session of today would show it. */
  private async offeredIn(provider: PaymentProvider, currencies: string[]): Promise<string[]> {
    const offers = await Promise.all(
      currencies.map((currency) => provider.offer({ amount: anyAmount, currency }, [])),
    );
    return currencies.filter((_, index) => 'handler' in (offers[index] ?? {}));
  }
}
