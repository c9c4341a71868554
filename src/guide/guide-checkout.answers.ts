import type { ApiError } from '../common/api-error.js';
import { checkoutErrors } from '../checkout/checkout.errors.js';
import { pathOf } from '../checkout/checkout.problems.js';
import type { CheckoutResult, Render } from '../checkout/checkout.service.js';
import type { Problem } from '../checkout/session-content.js';
import type { Reply } from '../idempotency/claim.js';
import { fieldOf, guideWording } from './guide-error.wording.js';
import { guideErrors, OutOfStock } from './guide.errors.js';
import { type CheckoutNotice, checkoutSummary, confirmation } from './guide-checkout.view.js';
import type { NameItemField } from './guide-items.js';

/*
 * From results to this dialect's answers. Where the protocol shows a session with a message, this dialect refuses:
 * a refusal that is thrown undoes what it is about, one that is answered stands beside what was written. Pure.
 */

/** Created or updated. What the buyer has to mend at once is refused, and nothing of it is kept. */
export const answerSummary =
  (status: 200 | 201, fieldOfItem: NameItemField): Render =>
  (result) => {
    refuseUnsellable(result, fieldOfItem);
    return { status, body: { ...checkoutSummary(result), ...priceNotice(result) } };
  };

/** Where the shop, not the agent, has changed the price of what was read to the buyer. */
function priceNotice({ session: { content } }: CheckoutResult): { notice?: CheckoutNotice } {
  const { notice } = content;
  return notice?.code === 'price_change' ? { notice: { code: 'price_changed', message: notice.text } } : {};
}

/** A complete that named another shipping option than the one that was read to the buyer. */
export const answerReselected =
  (fieldOfItem: NameItemField): Render =>
  (result) => {
    refuseUnsellable(result, fieldOfItem);
    refuseUnready(result);
    const message = 'The shipping method was changed. Nothing was charged; please confirm the new total.';
    return refusal(guideErrors.priceChanged(message, checkoutSummary(result)));
  };

/**
 * The end of a complete. Nothing is thrown once a payment has an outcome, because the outcome is written together
 * with this answer.
 */
export const answerCompleted =
  (fieldOfItem: NameItemField): Render =>
  (result) => {
    const { status, session } = result;
    const { notice } = session.content;
    if (status === 'completed') return { status: 200, body: confirmation(result) };
    // It only describes this moment: the same key gives the result once there is one.
    if (status === 'complete_in_progress')
      return { ...refusal(checkoutErrors.completionInProgress()), keep: false };
    const summary = checkoutSummary(result);
    if (notice?.code === 'payment_declined')
      return refusal(guideErrors.paymentDeclined(notice.text, !notice.final, summary));
    if (notice?.code === 'authentication_required')
      return refusal(guideErrors.authenticationRequired(notice.text, summary));
    if (notice?.code === 'price_change') return refusal(guideErrors.priceChanged(notice.text, summary));
    if (status === 'canceled') return refusal(checkoutErrors.sessionCanceled());
    if (status === 'expired') return refusal(checkoutErrors.sessionExpired());
    if (status === 'authentication_required') return refusal(checkoutErrors.requires3ds());
    refuseUnsellable(result, fieldOfItem);
    refuseUnready(result);
    // The payment of this request came to nothing, and the cart has changed since.
    return refusal(guideErrors.paymentDeclined('The payment did not go through.', true, summary));
  };

const refusal = (error: ApiError): Reply => guideWording(error);

const blockersOf = ({ session }: CheckoutResult): Problem[] =>
  session.content.quote.problems.filter(({ blocking }) => blocking);

/** Refuses a cart that cannot be sold like this, and names what of the request is to blame. */
function refuseUnsellable(result: CheckoutResult, fieldOfItem: NameItemField): void {
  for (const problem of blockersOf(result)) {
    const error = refusalOf(problem, result.session, fieldOfItem);
    if (error) throw error;
  }
}

function refusalOf(
  { code, text, at }: Problem,
  { content, currency }: CheckoutResult['session'],
  fieldOfItem: NameItemField,
): ApiError | undefined {
  if (at.on === 'country') return guideErrors.invalidAddress(text, ['country']);
  if (at.on === 'choice') return guideErrors.invalidRequest(text, ['shipping_option_id']);
  const { lines } = content.quote;
  const line = at.on === 'line' ? lines[at.index] : undefined;
  if (!line) return undefined;
  const { itemId, quantity, available } = line;
  // The same code tells of too little stock and of a limit per order; only the first one passes by itself.
  if (code === 'quantity_exceeded' && (available === null || quantity <= available))
    return guideErrors.invalidRequest(text, [fieldOfItem(itemId, 'quantity')]);
  const cart = lines.map((other) => other.itemId);
  return new OutOfStock(text, itemId, currency, cart);
}

function refuseUnready(result: CheckoutResult): void {
  const [first, ...others] = blockersOf(result);
  if (!first) return;
  const fields = [first, ...others].map(({ at }) => fieldOf(pathOf(at)));
  throw guideErrors.notReady(first.text, [...new Set(fields)]);
}
