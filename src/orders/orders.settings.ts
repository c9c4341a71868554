import { ApiProperty } from '@nestjs/swagger';
import { IsObject } from 'class-validator';
import { pathStep, type SettingProblem } from '../settings/namespace.js';

/** ACP §3.7. */
export const protocolStatuses = [
  'created',
  'confirmed',
  'manual_review',
  'processing',
  'shipped',
  'completed',
  'canceled',
];

/** Into which payments, fulfillments, reviews and cancellations bring an order. */
const derivedStatuses = {
  pending: 'created',
  paid: 'confirmed',
  on_hold: 'manual_review',
  packing: 'processing',
  shipped: 'shipped',
  delivered: 'completed',
  canceled: 'canceled',
};

export class OrdersSettings {
  static readonly namespace = 'orders';
  static defaults = (): OrdersSettings =>
    Object.assign(new OrdersSettings(), { statusMap: { ...derivedStatuses } });

  static check({ statusMap }: OrdersSettings): SettingProblem[] {
    if (typeof statusMap !== 'object') return [];
    const missing = Object.keys(derivedStatuses).filter((status) => !Object.hasOwn(statusMap, status));
    return [
      ...missing.map((status) => ({
        param: pathStep('$.statusMap', status),
        message: 'is required: orders come into this status by themselves',
      })),
      ...Object.entries(statusMap).flatMap(([status, mapped]) => {
        const param = pathStep('$.statusMap', status);
        if (!/^[a-z][a-z0-9_]{0,39}$/.test(status))
          return [{ param, message: 'must be named with up to 40 small letters, digits and _' }];
        return protocolStatuses.includes(mapped)
          ? []
          : [{ param, message: `must be one of ${protocolStatuses.join(', ')}` }];
      }),
    ];
  }

  @ApiProperty({
    description:
      "The merchant's own statuses, each with the protocol's status that agents see. The seven that orders come into " +
      'by themselves must be among them',
    type: 'object',
    additionalProperties: { type: 'string', enum: protocolStatuses },
    example: { ...derivedStatuses, engraving: 'processing' },
  })
  @IsObject()
  statusMap: Record<string, string>;
}
