import { setTimeout as pause } from 'node:timers/promises';
import { formatMoney } from '../../common/money.js';
import { only } from '../conversation.js';
import { ToolError } from '../tool.js';
import type { Purchase } from './buy-in-rupees.js';
import { expect, type Stage, withNewKey } from './stage.js';

interface MerchantOrder {
  needs_review: boolean;
  payment: { captured: number; refunded: number };
  adjustments: { id: string; type: string; status: string; amount: number }[];
  disputes: { reason: string; status: string; amount: number }[];
}

const webhookDeadlineMs = 20_000;
const pollMs = 200;

/** What the merchant does to money, and what it hears of by webhook. */
export async function afterTheSale(stage: Stage, { orderId, payment, total }: Purchase): Promise<void> {
  const { talk, office, provider, admin } = stage;
  const url = `${office}/admin/orders/${orderId}`;
  const amount = Math.floor(total / 10);

  talk.chapter('One mug came chipped, so a tenth goes back to the buyer, through Razorpay.');
  const { body: refund } = await talk.exchange<MerchantOrder['adjustments'][number]>({
    method: 'POST',
    url: `${url}/refunds`,
    headers: withNewKey(admin),
    body: { amount, reason: 'one mug came chipped' },
    expect: 201,
    show: only('id', 'type', 'status', 'amount', 'currency', 'reason'),
  });
  expect(refund.amount === amount, `The refund is of ${refund.amount}, not of ${amount}.`);

  talk.chapter("The buyer's bank disputes the payment all the same. Razorpay tells the shop by webhook.");
  await talk.exchange({
    method: 'POST',
    url: `${provider}/_sim/disputes`,
    body: { payment, reason: 'chargeback_authorization' },
    expect: 200,
    show: only('id', 'status', 'amount'),
  });
  await until(stage, url, ({ disputes, payment: { refunded } }) => disputes.length > 0 && refunded > 0);

  talk.chapter('The order shows both, and asks for somebody to look at it.');
  const { body: order } = await talk.exchange<MerchantOrder>({
    method: 'GET',
    url,
    headers: admin,
    expect: 200,
    show: only('merchant_status', 'needs_review', 'payment', 'adjustments', 'disputes'),
  });
  expect(order.needs_review, 'Nobody is asked to look at an order that is disputed.');
  expect(
    order.payment.captured === total && order.payment.refunded === amount,
    `The order does not show ${amount} of ${total} as refunded.`,
  );
  expect(
    order.adjustments.some(({ id, status }) => id === refund.id && status === 'completed'),
    'The order does not show the refund as completed.',
  );
  const disputed = order.disputes.reduce((sum, dispute) => sum + dispute.amount, 0);
  talk.say(
    `Of ${formatMoney(total, 'inr')} the buyer has ${formatMoney(amount, 'inr')} back and disputes ${formatMoney(disputed, 'inr')}.`,
  );
}

/** Looks again and again, without a word, until the order is as it should be. */
async function until(
  { admin, interrupted }: Stage,
  url: string,
  isSo: (order: MerchantOrder) => boolean,
): Promise<void> {
  const deadline = performance.now() + webhookDeadlineMs;
  while (performance.now() < deadline) {
    const response = await fetch(url, { headers: admin, signal: interrupted });
    if (response.ok && isSo((await response.json()) as MerchantOrder)) return;
    await pause(pollMs, undefined, { signal: interrupted });
  }
  throw new ToolError(
    `Within ${webhookDeadlineMs / 1000} s the order did not show the refund and the dispute.`,
  );
}
