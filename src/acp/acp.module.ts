import { Module } from '@nestjs/common';
import { CheckoutModule } from '../checkout/checkout.module.js';
import { CheckoutSessionsController } from './checkout-sessions.controller.js';

/** The wire of the published protocol. It translates; every rule of commerce is in `checkout/`. */
@Module({ imports: [CheckoutModule], controllers: [CheckoutSessionsController] })
export class AcpModule {}
