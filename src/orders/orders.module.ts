import { Module } from '@nestjs/common';
import { OutboxModule } from '../outbox/outbox.module.js';
import { OrderPageController } from './order-page.controller.js';
import { OrdersAdminController } from './orders.admin.controller.js';
import { OrdersService } from './orders.service.js';

@Module({
  imports: [OutboxModule],
  controllers: [OrdersAdminController, OrderPageController],
  providers: [OrdersService],
  exports: [OrdersService],
})
export class OrdersModule {}
