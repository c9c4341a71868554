import { isRecord, onlyKeys, optionalText, parseJson, SimulatorError } from '../control-input.js';
import { type Answer, type Call, json } from '../http.js';
import type { Change, World } from '../world.js';
import { checkout, controlView } from './checkout.js';
import { catchUpRazorpay } from './deadlines.js';
import { Refusal } from './errors.js';
import { failureBecause } from './instruments.js';
import { callbackOf, linkResult, payLinkAs } from './links/buyer.js';
import { linkPage } from './links/page.js';
import { linkNamed } from './links/payment-links.js';
import { authorize, capture, fail } from './paying.js';
import { paymentNamed } from './payments.js';
import type { Wire } from './views.js';

/** `/_sim/razorpay/...`: what buyers, their banks and the dashboard do, which no merchant's API can. */
export function controlRazorpay(world: World, call: Call): Answer {
  catchUpRazorpay(world);
  const change = world.begin();
  try {
    const answer = run(change, call);
    world.commit(change);
    return answer;
  } catch (error) {
    if (error instanceof Refusal) return refused(change, call, error);
    throw error;
  }
}

function run(change: Change, call: Call): Answer {
  const route = `${call.method} ${call.path.replace('/_sim/razorpay', '')}`;
  const link = /^(GET|POST) \/links\/([^/]+)(\/pay)?$/.exec(route);
  if (link?.[1] === 'GET' && !link[3]) return linkPage(linkNamed(change, link[2]));
  if (link?.[1] === 'POST' && link[3]) return payLink(change, call, link[2] ?? '');
  const move = /^POST \/payments\/([^/]+)\/(authorize|capture|fail)$/.exec(route);
  if (move) return json(200, movePayment(change, move[1] ?? '', move[2] ?? '', bodyOf(call)));
  switch (route) {
    case 'POST /checkout':
      return json(200, checkout(change, bodyOf(call)));
    case 'GET /options':
      return json(200, optionsView(change));
    case 'POST /options':
      return json(200, setOptions(change, bodyOf(call)));
    default:
      throw new SimulatorError(`The simulator has no ${call.method} ${call.path}.`, 404);
  }
}

/** A browser is sent on or shown the page again; anything else is told in JSON. */
function payLink(change: Change, call: Call, id: string): Answer {
  const paid = payLinkAs(change, id, bodyOf(call));
  if (!isForm(call)) return json(200, linkResult(change, paid));
  const callback = callbackOf(change, paid);
  if (callback === null) return linkPage(paid.link, paid.payment.error?.description);
  return { status: 303, headers: { Location: callback }, body: '' };
}

function refused(change: Change, call: Call, error: Refusal): Answer {
  const link = isForm(call) && /\/links\/([^/]+)\/pay$/.exec(call.path);
  const row = link && change.world.find('razorpay_payment_links', link[1] ?? '');
  return row ? linkPage(row) : json(error.status, error.body());
}

/** What banks do later, in any state in which they may. */
function movePayment(change: Change, id: string, step: string, body: Record<string, unknown>): Wire {
  onlyKeys(body, step === 'fail' ? ['reason'] : []);
  const payment = paymentNamed(change, id);
  const { status } = payment;
  if (step === 'fail' && (status === 'created' || status === 'authorized')) {
    fail(change, payment, failureBecause(optionalText(body, 'reason') ?? 'payment_failed'));
  } else if (step === 'authorize' && (status === 'created' || status === 'failed')) {
    authorize(change, payment, change.find('razorpay_orders', payment.order)?.autoCapture ?? false);
  } else if (step === 'capture' && status === 'authorized') {
    capture(change, payment);
  } else if (step === 'capture' && (status === 'created' || status === 'failed')) {
    capture(change, authorize(change, payment, false));
  } else {
    throw new SimulatorError(`The payment ${id} is ${status}, which rules out ${step}.`, 409);
  }
  return controlView(change, id);
}

function setOptions(change: Change, body: Record<string, unknown>): Wire {
  onlyKeys(body, ['unique_receipts']);
  if (typeof body.unique_receipts !== 'boolean')
    throw new SimulatorError('unique_receipts must be a boolean.');
  change.put('razorpay_options', { id: 'self', uniqueReceipts: body.unique_receipts });
  return optionsView(change);
}

function optionsView(change: Change): Wire {
  return { unique_receipts: change.find('razorpay_options', 'self')?.uniqueReceipts ?? false };
}

function bodyOf(call: Call): Record<string, unknown> {
  if (isForm(call)) return Object.fromEntries(new URLSearchParams(call.body));
  const body = call.body === '' ? {} : parseJson(call.body);
  if (isRecord(body)) return body;
  throw new SimulatorError('Send a JSON object.');
}

function isForm({ headers }: Call): boolean {
  return (headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded');
}
