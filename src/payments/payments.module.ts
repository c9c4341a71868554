import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { AttemptStore } from './attempt.store.js';
import { PaymentsService } from './payments.service.js';
import type { PaymentProvider } from './providers/payment-provider.js';
import { paymentProviders, ProviderRegistry } from './providers/provider-registry.js';

@Module({})
export class PaymentsModule {
  /** `providers` are the payment providers of this shop: the classes, each a folder under `providers/`. */
  static forRoot(providers: Type<PaymentProvider>[]): DynamicModule {
    return {
      module: PaymentsModule,
      global: true,
      providers: [
        ...providers,
        {
          provide: paymentProviders,
          useFactory: (...instances: PaymentProvider[]) => instances,
          inject: providers,
        },
        ProviderRegistry,
        AttemptStore,
        PaymentsService,
      ],
      exports: [AttemptStore, PaymentsService],
    };
  }
}
