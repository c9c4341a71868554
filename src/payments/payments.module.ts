import { type DynamicModule, Module } from '@nestjs/common';
import { AttemptStore } from './attempt.store.js';
import { ChargingService } from './charging.service.js';
import { OperationStore } from './operation.store.js';
import { OperationsService } from './operations.service.js';
import { PaymentOffersService } from './payment-offers.service.js';
import { PaymentProvidersAdminController } from './payment-providers.admin.controller.js';
import { PaymentProvidersService } from './payment-providers.service.js';
import { PaymentsService } from './payments.service.js';
import { PreparedPaymentsService } from './prepared-payments.service.js';
import type { PaymentProvider } from './providers/payment-provider.js';
import {
  type PaymentProviderClass,
  paymentProviders,
  ProviderRegistry,
} from './providers/provider-registry.js';
import { SavedTokensAdminController } from './saved-tokens.admin.controller.js';
import { SavedTokensService } from './saved-tokens.service.js';

@Module({})
export class PaymentsModule {
  /** `providers` are the payment providers of this shop: the classes, each a folder under `providers/`. */
  static forRoot(providers: PaymentProviderClass[]): DynamicModule {
    return {
      module: PaymentsModule,
      global: true,
      controllers: [PaymentProvidersAdminController, SavedTokensAdminController],
      providers: [
        ...providers,
        {
          provide: paymentProviders,
          useFactory: (...instances: PaymentProvider[]) => instances,
          inject: providers,
        },
        ProviderRegistry,
        AttemptStore,
        ChargingService,
        OperationStore,
        OperationsService,
        PaymentOffersService,
        PaymentProvidersService,
        PaymentsService,
        PreparedPaymentsService,
        SavedTokensService,
      ],
      exports: [
        AttemptStore,
        ChargingService,
        OperationStore,
        OperationsService,
        PaymentOffersService,
        PaymentsService,
        PreparedPaymentsService,
        ProviderRegistry,
        SavedTokensService,
      ],
    };
  }
}
