import type { CrashShop, Line } from '../support/crash-shop.js';
import { type Bought, buy, type Psp } from '../support/purchases.js';
import type { adminCall } from '../support/razorpay.js';

const providers: Record<Psp, string> = { stripe: 'StripeProvider', razorpay: 'RazorpayProvider' };

/** Every line at which a process can die that refunds, captures or releases; those in a transaction last, as they lock. */
export function linesOf(
  psp: Psp,
  { verb, path, written, answered }: { verb: string; path: string; written: string; answered: string },
): [string, Line][] {
  const send = `${providers[psp]}.${verb}`;
  return Object.entries<Line>({
    'after intend': { before: 'MoneyOperationsService.advance' },
    'before it is sent': { before: send },
    'while it is answered': { during: send, path },
    'after it was answered': { after: send },
    'after settle': { after: 'MoneyOperationsService.advance' },
    'before the merchant is answered': { after: answered },
    'before settle commits': { after: written },
    'before intend commits': { after: 'OperationStore.insert' },
  });
}

export type Ask = (bought: Bought) => ReturnType<typeof adminCall>;

/** One purchase for each line, on which the merchant's request has come as far as that line. */
export async function stopAtEach(
  shop: CrashShop,
  psp: Psp,
  lines: [string, Line][],
  ask: Ask,
): Promise<Map<string, Bought>> {
  const purchases = new Map<string, Bought>();
  for (const [point] of lines) purchases.set(point, await buy(shop, psp));
  for (const [point, line] of lines) await shop.stop(line, () => ask(purchases.get(point)!));
  return purchases;
}

/** The order's events in their order. */
export async function eventsOf(shop: CrashShop, orderId: string): Promise<string[]> {
  const events = await shop.db.query<{ seq: number; type: string }>(
    'SELECT seq, type FROM outbox_event WHERE order_id = $1 ORDER BY seq',
    [orderId],
  );
  return events.map(({ seq, type }) => `${seq} ${type}`);
}
