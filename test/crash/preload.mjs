// Loaded before the server (`node --import`): kills the process, as `kill -9` would, at the line CRASH_AT names.
// The product has no such hooks; the methods of its classes are wrapped from outside.
import 'reflect-metadata';
import { CompleteCheckoutService } from '../../dist/src/checkout/complete-checkout.service.js';
import { SettlementService } from '../../dist/src/checkout/settlement.service.js';
import { ClaimStore } from '../../dist/src/idempotency/claim.store.js';
import { OutboxService } from '../../dist/src/outbox/outbox.service.js';
import { AttemptStore } from '../../dist/src/payments/attempt.store.js';
import { StripeProvider } from '../../dist/src/payments/providers/stripe/stripe.provider.js';

const die = () => process.kill(process.pid, 'SIGKILL');

const before = (type, method) => wrap(type, method, (original) => () => (die(), original()));
const after = (type, method) =>
  wrap(type, method, (original) => async () => {
    const result = await original();
    die();
    return result;
  });

function wrap(type, method, around) {
  const original = type.prototype[method];
  if (!original) throw new Error(`${type.name} has no ${method}; the crash test is out of date`);
  type.prototype[method] = function (...args) {
    return around(() => original.apply(this, args))();
  };
}

/** The provider has taken the money, its answer never arrives. */
function whileCharging() {
  wrap(StripeProvider, 'charge', (original) => () => {
    const ledger = `${process.env.STRIPE_API_BASE}/_sim/ledger`;
    const look = async () =>
      (await (await fetch(ledger)).json()).entries.length > 0 ? die() : setTimeout(look, 10);
    void look();
    return original();
  });
}

const points = {
  'before the claim': beforeClaim,
  'after the claim': () => before(CompleteCheckoutService, 'complete'),
  'before intend commits': () => after(AttemptStore, 'insert'),
  'after intend': () => before(SettlementService, 'advance'),
  'before the charge is sent': () => before(StripeProvider, 'charge'),
  'while the charge is answered': whileCharging,
  'after the charge was answered': () => after(StripeProvider, 'charge'),
  'before settle commits': () => after(OutboxService, 'append'),
  'after settle': () => after(SettlementService, 'advance'),
};

/** Every request claims its key; this is about the one that completes. */
function beforeClaim() {
  const original = ClaimStore.prototype.claim;
  ClaimStore.prototype.claim = function (identity, ...rest) {
    if (identity.path.endsWith('/complete')) die();
    return original.call(this, identity, ...rest);
  };
}

const point = process.env.CRASH_AT;
if (!points[point]) throw new Error(`CRASH_AT must be one of ${Object.keys(points).join(', ')}`);
points[point]();
