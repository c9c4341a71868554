import { type PreparedObject, type PrepareRequest, ProviderUnavailable } from '../payment-provider.js';
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

/** A link that is being paid stays as it is; one that is not is canceled, and looked at once more after that. */
export async function closeLink(api: RazorpayApi, reference: string): Promise<'closed' | 'in_use'> {
  const link = await api.link(reference).catch(unavailable);
  if (await isInUse(api, link)) return 'in_use';
  if (!isOpen(link)) return 'closed';
  await cancel(api, reference);
  return (await isInUse(api, await api.link(reference).catch(unavailable))) ? 'in_use' : 'closed';
}

async function cancel(api: RazorpayApi, reference: string): Promise<void> {
  try {
    await api.cancelLink(reference);
  } catch (error) {
    failureOf(error);
    if (isOpen(await api.link(reference).catch(unavailable))) unavailable(error);
  }
}

/** By its payments and not by its status: what was paid and sent back is over. */
async function isInUse(api: RazorpayApi, link: WireLink): Promise<boolean> {
  if (!link.orderId) return link.status === 'paid';
  return (await api.paymentsOf(link.orderId).catch(unavailable)).some(isUnderWay);
}

const isUnderWay = ({ status }: WirePayment): boolean =>
  ['created', 'authorized', 'captured'].includes(status);

const isOpen = ({ status }: WireLink): boolean => !['cancelled', 'expired', 'paid'].includes(status);

function unavailable(error: unknown): never {
  throw new ProviderUnavailable(failureOf(error).message, { cause: error });
}
