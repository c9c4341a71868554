import { ApiProperty } from '@nestjs/swagger';
import { IsBoolean, IsObject } from 'class-validator';
import { pathStep, type SettingProblem } from '../settings/namespace.js';
import { internalStatuses } from './orders.states.js';

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

export class OrdersSettings {
  static readonly namespace = 'orders';
  static defaults = (): OrdersSettings =>
    Object.assign(new OrdersSettings(), {
      statusMap: { ...internalStatuses },
      reviewAbove: {},
      captureOnFulfillment: false,
    });

  static check({ statusMap, reviewAbove }: OrdersSettings): SettingProblem[] {
    return [
      ...membersOf(statusMap).flatMap(([status, mapped]) =>
        problemsAt(pathStep('$.statusMap', status), {
          'must be named with up to 64 visible characters': !/^\P{C}{1,64}$/u.test(status),
          [`must be one of ${protocolStatuses.join(', ')}`]: !protocolStatuses.includes(mapped as string),
        }),
      ),
      ...membersOf(reviewAbove).flatMap(([currency, amount]) =>
        problemsAt(pathStep('$.reviewAbove', currency), {
          'must be named by a currency in small letters': !/^[a-z]{3}$/.test(currency),
          'must be a whole number of minor units, 0 or more': !isAmount(amount),
        }),
      ),
    ];
  }

  @ApiProperty({
    description:
      "The merchant's own statuses, each with the protocol's status that agents see. Those that every shop has are " +
      'there whether they are named or not',
    type: 'object',
    additionalProperties: { type: 'string', enum: protocolStatuses },
    example: { ...internalStatuses, engraving: 'processing' },
  })
  @IsObject()
  statusMap: Record<string, string>;

  @ApiProperty({
    description:
      'Currency → minor units: an order of so much or more is placed on hold, for a person to look at',
    type: 'object',
    additionalProperties: { type: 'integer', minimum: 0 },
    example: { usd: 100_000 },
  })
  @IsObject()
  reviewAbove: Record<string, number>;

  @ApiProperty({
    description: 'Whether an authorized payment is taken when the first piece of its order is on its way',
  })
  @IsBoolean()
  captureOnFulfillment: boolean;

  /** Every status an order can have, and how the protocol calls it. */
  get statuses(): Record<string, string> {
    return { ...internalStatuses, ...this.statusMap };
  }
}

/** What is no object has been refused as a whole. */
const membersOf = (value: unknown): [string, unknown][] =>
  typeof value === 'object' && value !== null ? Object.entries(value) : [];

const problemsAt = (param: string, wrong: Record<string, boolean>): SettingProblem[] =>
  Object.entries(wrong).flatMap(([message, isSo]) => (isSo ? [{ param, message }] : []));

const isAmount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
