import { applyDecorators } from '@nestjs/common';
import { ApiQuery } from '@nestjs/swagger';

// Without examples: the page to try it out would send them all.
const filters = {
  status: "The protocol's status, such as `confirmed`",
  merchant_status: 'Such as `paid`',
  agent_id: 'Orders of one agent',
  currency: 'Such as `usd`',
  needs_review: '`true` or `false`',
  created_from: 'RFC 3339, such as `2026-11-01T00:00:00Z`',
  created_to: 'RFC 3339',
  number: 'The order number',
  email: "The buyer's e-mail, in upper or lower case",
  payment_reference: "The provider's id of the payment, such as `pi_123`",
  q: 'Order number, order id, session id, payment reference or e-mail, exactly',
};

/** Documents what a list of orders can be narrowed by. */
export const OrderFilters = (): MethodDecorator =>
  applyDecorators(
    ...Object.entries(filters).map(([name, description]) =>
      ApiQuery({ name, description, type: String, required: false }),
    ),
  );
