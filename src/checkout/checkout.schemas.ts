import {
  count,
  flag,
  instant,
  list,
  minorUnits,
  open,
  orNull,
  shape,
  text,
  word,
} from '../common/http/schema.js';
import { paymentMembers } from '../orders/order.schemas.js';
import { operationKinds, operationStates } from '../payments/payment-operation.entity.js';
import { sessionStatuses } from './checkout.states.js';

/* What the merchant sees of checkouts and payments, as the documentation describes it. */

const sessionMembers = {
  id: text('Id of the session'),
  agent_id: text('The agent that opened it'),
  status: word('How far it is', sessionStatuses),
  currency: text('ISO 4217, in lower case'),
  total: minorUnits('What is to be paid'),
  created_at: instant('When it was opened'),
  updated_at: instant('When it last changed'),
  expires_at: instant('When it ends by itself'),
};

export const sessionSummarySchema = shape('CheckoutSessionSummary', sessionMembers);

export const sessionDetailSchema = shape('CheckoutSessionDetail', {
  ...sessionMembers,
  version: count('Counts the changes'),
  asked: open('What the agent asked for: lines, buyer, address, choices, and what the last payment said'),
  quote: open('What the shop made of it: prices, delivery options, totals and payment handlers'),
});

const attemptMembers = {
  ...paymentMembers,
  checkout_session_id: text('The session that was to be paid'),
  attempt: count('Counts the attempts of the session from 1'),
  instrument: orNull(open('What was paid with, as far as the buyer may read it: method, brand, last digits')),
  failure: orNull(open('Why it failed: a code, what may be tried again, and words for people')),
  needs_attention: flag('Whether it was handed to a person, because no machine can decide it any more'),
  created_at: instant('When it began'),
  updated_at: instant('When it last changed'),
};

export const paymentSchema = shape('Payment', attemptMembers);

export const paymentDetailSchema = shape('PaymentDetail', {
  ...attemptMembers,
  history: list(
    'Its states, the oldest first',
    shape('PaymentTransition', {
      at: instant('When'),
      from: text('The state before'),
      to: text('The state after'),
      by: text('Who or what moved it: an agent’s request, a webhook, a sweep, a person'),
    }),
  ),
  operations: list(
    'Refunds, captures and releases',
    shape('PaymentOperation', {
      id: text('Id of the operation'),
      kind: word('What is done', operationKinds),
      state: word('How far it is', operationStates),
      amount: minorUnits('The amount'),
      currency: text('ISO 4217, in lower case'),
      reference: orNull(text('The provider’s id of it; null until it is known')),
      reason: text('Why'),
      requested_by: text('`admin`, a part of the shop, or `provider` for what was done in its dashboard'),
      failure: orNull(text('Why it failed')),
      created_at: instant('When it was asked for'),
    }),
  ),
  disputes: list(
    'Complaints of the buyer to the bank',
    shape('PaymentDispute', {
      id: text('Id of the dispute'),
      reason: text('In the provider’s words'),
      status: text('As the provider last showed it'),
    }),
  ),
});
