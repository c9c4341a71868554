import { Module } from '@nestjs/common';
import { CatalogModule } from '../catalog/catalog.module.js';
import { CheckoutModule } from '../checkout/checkout.module.js';
import { GuideCheckoutController } from './guide-checkout.controller.js';
import { GuideCheckoutService } from './guide-checkout.service.js';
import { GuideToolsController } from './guide-tools.controller.js';

/** The wire of the guide dialect, under `/acp`. It translates; every rule of commerce is in `checkout/`. */
@Module({
  imports: [CatalogModule, CheckoutModule],
  controllers: [GuideCheckoutController, GuideToolsController],
  providers: [GuideCheckoutService],
})
export class GuideModule {}
