import { onlyKeys, optionalNumber, optionalText, requiredText, requireRecord } from './control-input.js';
import { closeRazorpayDispute, openRazorpayDispute } from './razorpay/disputes.js';
import { closeStripeDispute, openStripeDispute } from './stripe/control.js';
import type { World } from './world.js';

/** `POST /_sim/disputes` for the payments of either provider, told apart by their ids. */
export function openDispute(world: World, body: unknown): unknown {
  const input = requireRecord(body, '{payment, reason?, outcome?, amount?}');
  onlyKeys(input, ['payment', 'reason', 'outcome', 'amount']);
  const given = {
    payment: requiredText(input, 'payment'),
    reason: optionalText(input, 'reason'),
    outcome: optionalText(input, 'outcome'),
    amount: optionalNumber(input, 'amount'),
  };
  if (!given.payment.startsWith('pay_')) return disputeAnswer(openStripeDispute(world, given));
  const reason = given.reason ?? 'chargeback_authorization';
  return disputeAnswer(openRazorpayDispute(world, { ...given, reason, outcome: inRazorpay(given.outcome) }));
}

export function closeDispute(world: World, id: string, body: unknown): unknown {
  const input = requireRecord(body, '{outcome}');
  onlyKeys(input, ['outcome']);
  const outcome = requiredText(input, 'outcome');
  return disputeAnswer(
    id.startsWith('disp_')
      ? closeRazorpayDispute(world, id, inRazorpay(outcome) ?? outcome)
      : closeStripeDispute(world, id, outcome),
  );
}

function disputeAnswer({ id, status, amount }: { id: string; status: string; amount: number }) {
  return { id, status, amount };
}

/** Stripe's words for what Razorpay calls otherwise. */
function inRazorpay(outcome: string | undefined): string | undefined {
  if (outcome === 'needs_response') return 'open';
  return outcome === 'warning_closed' ? 'closed' : outcome;
}
