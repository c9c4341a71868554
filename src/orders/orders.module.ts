import { Module } from '@nestjs/common';
import { CatalogModule } from '../catalog/catalog.module.js';
import { OutboxModule } from '../outbox/outbox.module.js';
import { AdjustmentsAdminController } from './adjustments/adjustments.admin.controller.js';
import { OrderAdjustmentsService } from './adjustments/order-adjustments.service.js';
import { CancelOrderService } from './cancel-order.service.js';
import { CapturePaymentService } from './capture-payment.service.js';
import { FulfillmentsAdminController } from './fulfillments/fulfillments.admin.controller.js';
import { OrderFulfillmentsService } from './fulfillments/order-fulfillments.service.js';
import { OrderSearchService } from './list/order-search.service.js';
import { OrdersCsvAdminController } from './list/orders-csv.admin.controller.js';
import { OrdersCsvService } from './list/orders-csv.service.js';
import { MerchantRequestsService } from './merchant-requests.service.js';
import { MoneyOperationsService } from './money-operations.service.js';
import { OrderChangesService } from './order-changes.service.js';
import { OrderDisputesService } from './order-disputes.service.js';
import { OrderMoneyService } from './order-money.service.js';
import { OrderPageController } from './page/order-page.controller.js';
import { OrderStatusService } from './order-status.service.js';
import { OrderRefundsService } from './order-refunds.service.js';
import { OrdersAdminController } from './orders.admin.controller.js';
import { RefundOrderService } from './refund-order.service.js';
import { OrdersOverviewService } from './orders-overview.service.js';
import { OrdersService } from './orders.service.js';

@Module({
  imports: [CatalogModule, OutboxModule],
  controllers: [
    OrdersAdminController,
    OrdersCsvAdminController,
    FulfillmentsAdminController,
    AdjustmentsAdminController,
    OrderPageController,
  ],
  providers: [
    OrdersService,
    OrderChangesService,
    OrderDisputesService,
    OrderMoneyService,
    OrderRefundsService,
    MoneyOperationsService,
    CancelOrderService,
    CapturePaymentService,
    MerchantRequestsService,
    OrderAdjustmentsService,
    OrderFulfillmentsService,
    OrderSearchService,
    OrderStatusService,
    OrdersCsvService,
    OrdersOverviewService,
    RefundOrderService,
  ],
  exports: [
    OrdersService,
    OrderChangesService,
    OrderDisputesService,
    OrderMoneyService,
    OrderRefundsService,
    MoneyOperationsService,
    CapturePaymentService,
  ],
})
export class OrdersModule {}
