import type { Line } from '../support/crash-shop.js';
import type { CrashShop } from '../support/crash-shop.js';
import type { Psp } from '../support/purchases.js';

const providers: Record<Psp, string> = { stripe: 'StripeProvider', razorpay: 'RazorpayProvider' };

/** Every line at which a process can die that refunds, captures or releases. */
export function linesOf(
  psp: Psp,
  { verb, path, written, answered }: { verb: string; path: string; written: string; answered: string },
): [string, Line][] {
  const send = `${providers[psp]}.${verb}`;
  return Object.entries<Line>({
    'before intend commits': { after: 'OperationStore.insert' },
    'after intend': { before: 'MoneyOperationsService.advance' },
    'before it is sent': { before: send },
    'while it is answered': { during: send, path },
    'after it was answered': { after: send },
    'before settle commits': { after: written },
    'after settle': { after: 'MoneyOperationsService.advance' },
    'before the merchant is answered': { after: answered },
  });
}

/** The seconds are over in which the sweep leaves to a request what it asked for. */
export const makeDue = (shop: CrashShop): Promise<unknown> =>
  shop.db.query('UPDATE payment_operation SET next_at = now()');

/** The order's events, each in its turn. */
export async function eventsOf(shop: CrashShop, orderId: string): Promise<string[]> {
  const events = await shop.db.query<{ seq: number; type: string }>(
    'SELECT seq, type FROM outbox_event WHERE order_id = $1 ORDER BY seq',
    [orderId],
  );
  return events.map(({ seq, type }) => `${seq} ${type}`);
}
