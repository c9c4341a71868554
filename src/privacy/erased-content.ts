import type { SessionState } from '../checkout/checkout-session.entity.js';
import { problems } from '../checkout/checkout.problems.js';
import type { Problem, SessionContent } from '../checkout/session-content.js';

/**
 * A session's document without the person: of what the agent said only the items stay, and what its program can do.
 * Prices and totals stay as they were shown; a session that is still open waits for an address again, so that nobody can pay for a parcel to nowhere.
 */
export function erasedContent(content: SessionContent, state: SessionState): SessionContent {
  const { quote, notice } = content;
  return {
    ...content,
    buyer: null,
    fulfillment: null,
    choices: [],
    discountCodes: [],
    locale: null,
    timezone: null,
    quoteId: null,
    metadata: null,
    orderNotes: null,
    attribution: { first: null, last: null },
    marketingConsents: [],
    cancelReason: null,
    quote: { ...quote, problems: problemsWithoutPerson(content, state) },
    notice: notice?.code === 'payment_declined' ? { ...notice, text: declined } : notice,
  };
}

/** In the place of what the bank or the provider said of the buyer's card. */
export const declined = 'The payment was declined.';

function problemsWithoutPerson({ quote }: SessionContent, state: SessionState): Problem[] {
  const left = quote.problems.filter(({ at }) => at.on !== 'discount_code' && at.on !== 'country');
  const isOpen = state === 'open' || state === 'authentication_required';
  const ships = quote.lines.some(({ delivery }) => delivery === 'shipping');
  const waits = left.some(({ at }) => at.on === 'address');
  return isOpen && ships && !waits ? [...left, problems.addressMissing()] : left;
}
