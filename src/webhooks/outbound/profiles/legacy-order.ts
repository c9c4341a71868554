/** What is read of a snapshot, whose release may be an older one than ours. */
export interface OrderSnapshot {
  checkout_session_id: string;
  permalink_url: string;
  status: string;
  confirmation?: { order_notes?: string };
  adjustments?: { type?: string; status?: string; amount?: number }[];
}

const legacyStatuses = ['created', 'manual_review', 'confirmed', 'canceled', 'shipped', 'fulfilled'] as const;
type LegacyStatus = (typeof legacyStatuses)[number];
type LegacyRefundType = 'original_payment' | 'store_credit';

/** `data` of an order event until ACP 2026-01-30 (schema `EventDataOrder`): closed, and without an id. */
export interface LegacyOrder {
  type: 'order';
  checkout_session_id: string;
  permalink_url: string;
  status: LegacyStatus;
  refunds: { type: LegacyRefundType; amount: number }[];
}

const renamedStatuses = new Map<string, LegacyStatus>([
  ['processing', 'confirmed'],
  ['completed', 'fulfilled'],
  ['delivered', 'fulfilled'],
]);

const refundTypes = new Map<string, LegacyRefundType>([
  ['refund', 'original_payment'],
  ['credit', 'store_credit'],
]);

export const legacyOrder = (order: OrderSnapshot): LegacyOrder => ({
  type: 'order',
  checkout_session_id: order.checkout_session_id,
  permalink_url: order.permalink_url,
  status: legacyStatus(order.status),
  refunds: (order.adjustments ?? []).flatMap(({ type = '', status, amount }) => {
    const refund = refundTypes.get(type);
    const settled = refund && status === 'completed' && amount !== undefined;
    return settled ? [{ type: refund, amount }] : [];
  }),
});

/** A status of the merchant's own says only that the order stands. */
const legacyStatus = (status: string): LegacyStatus =>
  renamedStatuses.get(status) ?? legacyStatuses.find((known) => known === status) ?? 'confirmed';
