import { Module } from '@nestjs/common';
import { CatalogModule } from '../catalog/catalog.module.js';
import { OrdersModule } from '../orders/orders.module.js';
import { CartPricingService } from './cart-pricing.service.js';
import { CheckoutAdminController } from './checkout.admin.controller.js';
import { CheckoutService } from './checkout.service.js';
import { CheckoutSweeps } from './checkout-sweeps.js';
import { CompleteCheckoutService } from './complete-checkout.service.js';
import { FoundMoneyService } from './found-money.service.js';
import { PaymentComparisonService } from './payment-comparison.service.js';
import { PaymentFactsService } from './payment-facts.service.js';
import { PaymentOverviewService } from './payment-overview.service.js';
import { PaymentsAdminController } from './payments.admin.controller.js';
import { PurchaseIntentService } from './purchase-intent.service.js';
import { SessionStore } from './session.store.js';
import { SettlementService } from './settlement.service.js';
import { ShippingStrategy } from './strategies/shipping.strategy.js';
import { TableShippingStrategy } from './strategies/table-shipping.strategy.js';
import { TableTaxStrategy } from './strategies/table-tax.strategy.js';
import { TaxStrategy } from './strategies/tax.strategy.js';

@Module({
  imports: [CatalogModule, OrdersModule],
  controllers: [CheckoutAdminController, PaymentsAdminController],
  providers: [
    { provide: TaxStrategy, useClass: TableTaxStrategy },
    { provide: ShippingStrategy, useClass: TableShippingStrategy },
    SessionStore,
    CartPricingService,
    CheckoutService,
    CompleteCheckoutService,
    PurchaseIntentService,
    SettlementService,
    FoundMoneyService,
    PaymentFactsService,
    PaymentComparisonService,
    PaymentOverviewService,
    CheckoutSweeps,
  ],
  exports: [CheckoutService, CompleteCheckoutService, PaymentFactsService],
})
export class CheckoutModule {}
