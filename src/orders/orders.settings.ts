import { IsBoolean, IsObject, ValidateBy } from 'class-validator';
import { internalStatuses } from './orders.states.js';

/** An object whose members are all good. */
const EachMember = (isGood: (name: string, value: unknown) => boolean): PropertyDecorator =>
  ValidateBy({
    name: 'eachMember',
    validator: {
      validate: (value: unknown) =>
        Object.entries(value ?? {}).every(([name, member]) => isGood(name, member)),
      defaultMessage: () => '$property has a member that is not valid',
    },
  });

export class OrdersSettings {
  static readonly namespace = 'orders';
  static defaults = (): OrdersSettings =>
    Object.assign(new OrdersSettings(), {
      statusMap: { ...internalStatuses },
      reviewAbove: {},
      captureOnFulfillment: false,
    });

  /** Merchant status → protocol status. The statuses that every shop has are there whether it names them or not. */
  @IsObject()
  @EachMember(
    (name, status) => /^\P{C}{1,64}$/u.test(name) && typeof status === 'string' && /^\P{C}+$/u.test(status),
  )
  statusMap: Record<string, string>;

  /** Currency → minor units: an order of so much or more is placed on hold, for a person to look at. */
  @IsObject()
  @EachMember((currency, amount) => /^[a-z]{3}$/.test(currency) && isAmount(amount))
  reviewAbove: Record<string, number>;

  /** Has an authorized payment taken when the first piece of its order is on its way. */
  @IsBoolean()
  captureOnFulfillment: boolean;

  /** Every status an order can have, and how the protocol calls it. */
  get statuses(): Record<string, string> {
    return { ...internalStatuses, ...this.statusMap };
  }
}

const isAmount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
