import type { Endpoint, Operation } from './endpoint.js';
import { invalidRequest, noSuch, notPossible } from './errors.js';
import { integerAt, mergedMetadata, positiveAt, requiredInteger, requiredText, shape } from './params.js';
import { methodNamed } from './payment-methods.js';
import { retrieve } from './shapes.js';
import type { GrantedTokenRow } from './tables.js';
import { grantedTokenView } from './method-views.js';

/**
 * Shared payment tokens as the seller sees them (docs.stripe.com/agentic-commerce/concepts/shared-payment-tokens): a
 * payment method lent with a limit on the sum of all captures and an expiry.
 */
export const grantedTokenEndpoints: Endpoint[] = [
  {
    method: 'POST',
    path: '/v1/test_helpers/shared_payment/granted_tokens',
    preview: true,
    params: shape('payment_method customer', {
      usage_limits: shape('currency max_amount expires_at'),
      seller_details: 'anything',
      shared_metadata: 'anything',
      expand: 'anything',
    }),
    run: mint,
  },
  {
    method: 'POST',
    path: '/v1/test_helpers/shared_payment/granted_tokens/:id/revoke',
    preview: true,
    params: retrieve,
    run(operation) {
      const row = tokenOf(operation);
      if (isDeactivated(row, operation)) throw deactivated();
      return show(
        operation,
        operation.change.put('stripe_granted_tokens', {
          ...row,
          deactivatedAt: operation.nowSeconds,
          deactivatedReason: 'revoked',
        }),
      );
    },
  },
  {
    method: 'GET',
    path: '/v1/shared_payment/granted_tokens/:id',
    preview: true,
    params: retrieve,
    run: (operation) => show(operation, tokenOf(operation)),
  },
];

function mint(operation: Operation): unknown {
  const { change, params, nowSeconds } = operation;
  const name = requiredText(params, 'payment_method');
  const currency = requiredText(params, 'usage_limits', 'currency').toLowerCase();
  requiredInteger(params, 'usage_limits', 'max_amount');
  const expiresAt = integerAt(params, 'usage_limits', 'expires_at');
  if (expiresAt !== null && expiresAt <= nowSeconds) {
    throw invalidRequest('The expiry must be in the future.', { param: 'usage_limits[expires_at]' });
  }
  const row = change.put('stripe_granted_tokens', {
    id: change.world.nextId('spt'),
    created: nowSeconds,
    paymentMethod: methodNamed(operation, name).id,
    currency,
    maxAmount: positiveAt(params, 'usage_limits', 'max_amount') ?? 0,
    expiresAt,
    amountCaptured: 0,
    amountReserved: 0,
    deactivatedAt: null,
    deactivatedReason: null,
    sharedMetadata: mergedMetadata({}, params, 'shared_metadata'),
  });
  return show(operation, row);
}

/** The token a payment names, whatever its state. */
export function grantedToken(operation: Operation, id: string): GrantedTokenRow {
  const row = operation.change.find('stripe_granted_tokens', id);
  if (!row) {
    throw noSuch('shared_payment.granted_token', id, 'payment_method_data[shared_payment_granted_token]');
  }
  return row;
}

/** Refuses in the order of the real service: deactivated, then currency, then what is left of the limit. */
export function assertChargeable(
  operation: Operation,
  row: GrantedTokenRow,
  amount: number,
  currency: string,
): void {
  if (isDeactivated(row, operation)) throw deactivated();
  if (row.currency !== currency) {
    throw notPossible(
      'The requested currency does not match the currency of this shared payment granted token.',
    );
  }
  if (row.amountCaptured + row.amountReserved + amount > row.maxAmount) {
    throw notPossible(
      'The requested amount is greater than the remaining amount capturable with this shared payment granted token.',
    );
  }
}

/** An authorization holds its part of the limit until it is captured or canceled. */
export function reserve({ change }: Operation, id: string, amount: number): void {
  const row = change.find('stripe_granted_tokens', id);
  if (row) change.put('stripe_granted_tokens', { ...row, amountReserved: row.amountReserved + amount });
}

/** Ends a reservation of `reserved` by capturing `captured` of it; zero releases it. */
export function settle(
  { change, nowSeconds }: Operation,
  id: string,
  reserved: number,
  captured: number,
): void {
  const row = change.find('stripe_granted_tokens', id);
  if (!row) return;
  const amountCaptured = row.amountCaptured + captured;
  const consumed = row.deactivatedAt === null && amountCaptured >= row.maxAmount;
  change.put('stripe_granted_tokens', {
    ...row,
    amountCaptured,
    amountReserved: row.amountReserved - reserved,
    ...(consumed ? { deactivatedAt: nowSeconds, deactivatedReason: 'consumed' } : {}),
  });
}

function tokenOf(operation: Operation): GrantedTokenRow {
  const row = operation.change.find('stripe_granted_tokens', operation.id);
  if (!row) throw noSuch('shared_payment.granted_token', operation.id, 'id', 404);
  return row;
}

function isDeactivated(row: GrantedTokenRow, { nowSeconds }: Operation): boolean {
  return row.deactivatedAt !== null || (row.expiresAt !== null && row.expiresAt <= nowSeconds);
}

function deactivated() {
  return notPossible(
    'The shared payment granted token cannot be used because it is already in a deactivated state.',
  );
}

function show({ change, nowSeconds }: Operation, row: GrantedTokenRow): unknown {
  return grantedTokenView(row, change.find('stripe_payment_methods', row.paymentMethod), nowSeconds);
}
