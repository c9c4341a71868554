import { Inject, Injectable, type Type } from '@nestjs/common';
import { StartError } from '../../common/start-error.js';
import { type AnyNamespace, pathStep, type SettingProblem } from '../../settings/namespace.js';
import { SettingsRegistry } from '../../settings/settings.registry.js';
import { PaymentsSettings } from '../payments.settings.js';
import type { PaymentProvider } from './payment-provider.js';

export const paymentProviders = Symbol('payment providers');

/** A provider's class, with the settings it reads. */
export type PaymentProviderClass = Type<PaymentProvider> & { readonly settings?: AnyNamespace };

/** The providers listed in `app.module.ts`, by code. */
@Injectable()
export class ProviderRegistry {
  private readonly byCode = new Map<string, PaymentProvider>();

  constructor(@Inject(paymentProviders) providers: PaymentProvider[], settings: SettingsRegistry) {
    for (const provider of providers) {
      if (this.byCode.has(provider.code)) {
        throw new StartError(
          `Two payment providers have the code "${provider.code}"; give one of them another in its class.`,
        );
      }
      this.byCode.set(provider.code, provider);
    }
    settings.addRule(PaymentsSettings, ({ providersByCurrency }) =>
      Object.entries(providersByCurrency).flatMap(([currency, codes]) => this.unknown(currency, codes)),
    );
  }

  all(): PaymentProvider[] {
    return [...this.byCode.values()];
  }

  find(code: string): PaymentProvider | undefined {
    return this.byCode.get(code);
  }

  private unknown(currency: string, codes: string[]): SettingProblem[] {
    const param = pathStep('$.providersByCurrency', currency);
    const known = [...this.byCode.keys()].join(', ');
    return codes.flatMap((code, index) =>
      this.byCode.has(code)
        ? []
        : [
            {
              param: pathStep(param, index),
              message: `is no payment provider of this shop; there are ${known}`,
            },
          ],
    );
  }

  /** For an attempt's row: its provider must still be part of the program. */
  get(code: string): PaymentProvider {
    const provider = this.byCode.get(code);
    if (!provider) {
      throw new Error(
        `there is a payment by "${code}", but app.module.ts lists no provider with that code; add it back`,
      );
    }
    return provider;
  }
}
