// Loaded before the server (`node --import`): on SIGUSR2 it sets a trap at the line that the file CRASH_FILE names,
// {"before" | "after" | "during": "Class.method"}. The next call that gets there gets no further, as if the process
// had ended for it; the test then kills the process. The product has no such hooks; its classes are wrapped from
// outside, and only once a trap is set.
import { readFileSync, renameSync, rmSync } from 'node:fs';
import 'reflect-metadata';
import { CheckoutService } from '../../dist/src/checkout/checkout.service.js';
import { CompleteCheckoutService } from '../../dist/src/checkout/complete-checkout.service.js';
import { FoundMoneyService } from '../../dist/src/checkout/found-money.service.js';
import { PaymentFactsService } from '../../dist/src/checkout/payment-facts.service.js';
import { SessionStore } from '../../dist/src/checkout/session.store.js';
import { SettlementService } from '../../dist/src/checkout/settlement.service.js';
import { ClaimStore } from '../../dist/src/idempotency/claim.store.js';
import { CancelOrderService } from '../../dist/src/orders/cancel-order.service.js';
import { CapturePaymentService } from '../../dist/src/orders/capture-payment.service.js';
import { MoneyOperationsService } from '../../dist/src/orders/money-operations.service.js';
import { OrderMoneyService } from '../../dist/src/orders/order-money.service.js';
import { OrderRefundsService } from '../../dist/src/orders/order-refunds.service.js';
import { RefundOrderService } from '../../dist/src/orders/refund-order.service.js';
import { OutboxService } from '../../dist/src/outbox/outbox.service.js';
import { AttemptStore } from '../../dist/src/payments/attempt.store.js';
import { OperationStore } from '../../dist/src/payments/operation.store.js';
import { PreparedPaymentsService } from '../../dist/src/payments/prepared-payments.service.js';
import { RazorpayApi } from '../../dist/src/payments/providers/razorpay/razorpay.api.js';
import { RazorpayProvider } from '../../dist/src/payments/providers/razorpay/razorpay.provider.js';
import { StripeProvider } from '../../dist/src/payments/providers/stripe/stripe.provider.js';
import { InboxStore } from '../../dist/src/webhooks/inbound/inbox.store.js';

const classes = {
  AttemptStore,
  CancelOrderService,
  CapturePaymentService,
  CheckoutService,
  ClaimStore,
  CompleteCheckoutService,
  FoundMoneyService,
  InboxStore,
  MoneyOperationsService,
  OperationStore,
  OrderMoneyService,
  OrderRefundsService,
  OutboxService,
  PaymentFactsService,
  PreparedPaymentsService,
  RazorpayApi,
  RazorpayProvider,
  RefundOrderService,
  SessionStore,
  SettlementService,
  StripeProvider,
};

const never = new Promise(() => undefined);

const traps = {
  before: (_original, caught) => {
    caught();
    return never;
  },
  after: async (original, caught) => {
    await original();
    caught();
    return never;
  },
  during: (original, caught) => {
    void original().catch(() => undefined);
    void untilExecuted(caught);
    return never;
  },
};

/** The provider has carried the call out and does not answer: it has met the fault that the test had put in its way. */
async function untilExecuted(caught, met = false) {
  const { faults } = await (await fetch(`${process.env.STRIPE_API_BASE}/_sim/faults`)).json();
  // A fault is counted when the call comes in. By the next look its body was there too.
  if (met) caught();
  else setTimeout(untilExecuted, 10, caught, faults.length === 0);
}

function setTrap(name, trap, caught) {
  const [className, method] = name.split('.');
  const prototype = classes[className]?.prototype;
  const original = prototype?.[method];
  if (!original) throw new Error(`there is no ${name}; the crash test is out of date`);
  prototype[method] = function (...args) {
    prototype[method] = original;
    return trap(() => original.apply(this, args), caught);
  };
}

const file = process.env.CRASH_FILE;

process.on('SIGUSR2', () => {
  const [[when, name]] = Object.entries(JSON.parse(readFileSync(file, 'utf8')));
  setTrap(name, traps[when], () => rmSync(`${file}.set`));
  renameSync(file, `${file}.set`);
});
