import {
  type PaymentOutcome,
  type PreparedObject,
  type PrepareRequest,
  ProviderUnavailable,
} from '../payment-provider.js';
import type { RazorpayApi } from './razorpay.api.js';
import { failureOf } from './razorpay.failure.js';
import type { WireLink, WireOrder, WirePayment } from './razorpay.wire.js';

/** A link must be payable for fifteen minutes at least; one more for the way there. */
const shortestLinkMs = 16 * 60_000;

export async function prepare(api: RazorpayApi, request: PrepareRequest): Promise<PreparedObject> {
  const made = await (request.kind === 'order' ? makeOrder(api, request) : makeLink(api, request)).catch(
    unavailable,
  );
  if (made.amount !== request.amount || made.currency !== request.currency)
    throw new ProviderUnavailable(`Razorpay: ${made.id} is for another amount`);
  const { id, kind } = request;
  return { id, kind, reference: made.id, ...('url' in made && { url: made.url }) };
}

/** One more order for the same receipt does no harm: nobody can pay an order that nobody was told of. */
const makeOrder = (api: RazorpayApi, request: PrepareRequest): Promise<WireOrder> =>
  api.createOrder({ amount: request.amount, receipt: request.id, notes: notesOf(request) });

async function makeLink(api: RazorpayApi, request: PrepareRequest): Promise<WireLink> {
  const expiresAt = Math.max(request.expiresAt.getTime(), Date.now() + shortestLinkMs);
  try {
    return await api.createLink({
      amount: request.amount,
      reference: request.id,
      description: request.description,
      expireBy: Math.ceil(expiresAt / 1000),
      notes: notesOf(request),
    });
  } catch (error) {
    const failure = failureOf(error);
    // A reference is taken once; an earlier answer of ours was lost.
    const [made] = failure.isRefusal ? await api.linksNamed(request.id) : [];
    if (made) return made;
    throw failure;
  }
}

const notesOf = ({ id, subjectId, storeInstance }: PrepareRequest): Record<string, string> => ({
  checkout_session_id: subjectId,
  order_ref: id,
  store_instance: storeInstance,
});

/** Returns when nobody can begin to pay the link any more: canceled, expired or paid. */
export async function closeLink(api: RazorpayApi, reference: string): Promise<void> {
  try {
    await api.cancelLink(reference);
  } catch (error) {
    failureOf(error);
    if (isOpen(await api.link(reference).catch(unavailable))) unavailable(error);
  }
}

/**
 * Makes sure that nobody pays a link beside the charge: null if so. It is closed first and looked at after that,
 * since a buyer may have opened it in between.
 */
export async function settleLink(api: RazorpayApi, reference: string): Promise<PaymentOutcome | null> {
  const link = await api.link(reference);
  const before = await inFlight(api, link);
  if (before || !isOpen(link)) return before;
  await closeLink(api, reference);
  return inFlight(api, await api.link(reference));
}

async function inFlight(api: RazorpayApi, link: WireLink): Promise<PaymentOutcome | null> {
  if (link.status === 'paid') return blocked(`payment link ${link.id} is paid`);
  const payments = link.orderId ? await api.paymentsOf(link.orderId) : [];
  const paying = payments.find(isUnderWay);
  return paying ? blocked(`payment ${paying.id} on payment link ${link.id} is ${paying.status}`) : null;
}

const isUnderWay = ({ status }: WirePayment): boolean =>
  ['created', 'authorized', 'captured'].includes(status);

const isOpen = ({ status }: WireLink): boolean => !['cancelled', 'expired', 'paid'].includes(status);

const blocked = (cause: string): PaymentOutcome => ({ state: 'blocked', cause });

function unavailable(error: unknown): never {
  throw new ProviderUnavailable(failureOf(error).message, { cause: error });
}
