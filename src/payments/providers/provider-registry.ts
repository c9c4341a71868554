import { Inject, Injectable } from '@nestjs/common';
import { StartError } from '../../common/start-error.js';
import type { PaymentProvider } from './payment-provider.js';

export const paymentProviders = Symbol('payment providers');

/** The providers listed in `app.module.ts`, by code. */
@Injectable()
export class ProviderRegistry {
  private readonly byCode = new Map<string, PaymentProvider>();

  constructor(@Inject(paymentProviders) providers: PaymentProvider[]) {
    for (const provider of providers) {
      if (this.byCode.has(provider.code)) {
        throw new StartError(
          `Two payment providers have the code "${provider.code}"; give one of them another in its class.`,
        );
      }
      this.byCode.set(provider.code, provider);
    }
  }

  all(): PaymentProvider[] {
    return [...this.byCode.values()];
  }

  find(code: string): PaymentProvider | undefined {
    return this.byCode.get(code);
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
