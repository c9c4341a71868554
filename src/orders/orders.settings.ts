import { IsObject } from 'class-validator';

export class OrdersSettings {
  static readonly namespace = 'orders';
  static defaults = (): OrdersSettings =>
    Object.assign(new OrdersSettings(), {
      statusMap: {
        pending: 'created',
        paid: 'confirmed',
        on_hold: 'manual_review',
        packing: 'processing',
        shipped: 'shipped',
        delivered: 'completed',
        canceled: 'canceled',
      },
    });

  /** Merchant status → protocol status. */
  @IsObject()
  statusMap: Record<string, string>;
}
