import type { Change, World } from '../world.js';
import { tellLink } from './events.js';
import { authorize } from './paying.js';
import { refundOf } from './refunds.js';
import type { PaymentLinkRow, PaymentRow } from './tables.js';

/** Does what the clock has made due since anybody last looked. */
export function catchUpRazorpay(world: World): void {
  const now = world.now();
  const change = world.begin();
  for (const row of world.rows('razorpay_payments')) {
    if (row.dueMs !== null && row.dueMs <= now) moveOn(change, row);
  }
  for (const row of world.rows('razorpay_payment_links')) {
    if (row.status === 'created' && row.expireBy > 0 && row.expireBy * 1000 <= now) expire(change, row);
  }
  world.commit(change);
}

function moveOn(change: Change, row: PaymentRow): void {
  if (row.status === 'created') {
    authorize(change, row, change.find('razorpay_orders', row.order)?.autoCapture ?? false);
  } else if (row.status === 'authorized') {
    // Nobody captured it in time: it goes back by itself.
    refundOf(change, row, row.amount, { status: 'processed', receipt: null, speed: 'normal', notes: {} });
  }
}

function expire(change: Change, row: PaymentLinkRow): void {
  const seconds = Math.floor(change.world.now() / 1000);
  const expired = { ...row, status: 'expired' as const, expiredAt: seconds, updated: seconds };
  tellLink(change, 'expired', change.put('razorpay_payment_links', expired));
}
