import { expect } from 'vitest';
import { PaymentComparisonService } from '../../src/checkout/payment-comparison.service.js';
import { type Server, startServer } from '../../src/server.js';
import { Agent, type Answer, payWith } from './agent.js';
import { assertPeace, longestFaultMs } from './chaos-peace.js';
import { InProcessCrash } from './in-process-crash.js';
import { freePort } from './ports.js';
import { hasty, loadChangeable, Pace } from './pace.js';
import { onServer } from './postgres.setup.js';
import type { Psp } from './purchases.js';
import { random, type Random } from './random.js';
import {
  adminCall,
  linkOf,
  mumbaiAddress,
  orderOf,
  payLink,
  playCheckout,
  proofOf,
  savedToken,
} from './razorpay.js';
import { type Shop, startShop } from './shop.js';

const timings = {
  ...hasty,
  claimLeaseMs: 300,
  completeAnswerMs: 500,
  attemptPollMs: 20,
  believeRefusalMs: 2_000,
  reconcileAfterMs: 200,
  reconcileEveryMs: 150,
  operationsEveryMs: 150,
  closeLinksEveryMs: 150,
  inboxEveryMs: 150,
  expireEveryMs: 200,
};

const faults = [
  'execute_then_reset',
  'execute_then_500',
  'execute_then_hang',
  'reset',
  'execute_then_html_502',
  '409_in_flight',
  'delay',
];
const webhookModes = ['duplicate', 'shuffle', 'delay', 'drop', 'before_response', 'burst', 'bad_signature'];
const items = ['item_merino_tee', 'item_trail_shoe_9', 'item_trail_shoe_10', 'item_enamel_mug'];
const tokens: Record<Psp, string[]> = {
  stripe: [
    'tok_visa',
    'tok_visa',
    'tok_visa',
    'tok_chargeDeclined',
    'tok_threeDSecure2Required',
    'tok_simProcessing',
  ],
  razorpay: [
    'token_simSuccess',
    'token_simSuccess',
    'token_simDeclined',
    'token_simPending',
    'token_simLateAuth',
  ],
};

/**
 * Two servers on one database, agents that buy, repeat themselves and change their minds, buyers who pay links,
 * a merchant who refunds and compares, a provider that misbehaves, webhooks that come late, twice, early or never,
 * code that is cut off in the middle, and database connections cut under whoever uses them. Then there is peace,
 * and what must be true after every such run is checked.
 */
export class Chaos {
  private constructor(
    private readonly psp: Psp,
    private readonly shop: Shop,
    private readonly second: Server,
    private readonly agents: Agent[],
    private readonly crashes: InProcessCrash[],
    private readonly dice: { current: Random },
    private readonly pace: Pace,
  ) {}

  static async start(psp: Psp): Promise<Chaos> {
    const shop = await startShop({}, { timings, load: loadChangeable });
    const port = await freePort();
    const second = await startServer(
      loadChangeable({ ...shop.env, PORT: String(port), STRIPE_API_BASE: shop.simulator.url }),
    );
    const dice = { current: random(0) };
    const shared: Random = {
      below: (n) => dice.current.below(n),
      pick: (list) => dice.current.pick(list),
    };
    const crashes = [shop.server, second].map((server) => new InProcessCrash(server, shared));
    const agents = [shop.agent, new Agent(`http://127.0.0.1:${port}`)];
    const pace = new Pace([shop.server, second], shop.db);
    return new Chaos(psp, shop, second, agents, crashes, dice, pace);
  }

  async close(): Promise<void> {
    await this.second.stop();
    await this.shop.close();
  }

  /** How many events of the provider's were verified and applied so far. */
  async eventsApplied(): Promise<number> {
    const found = await this.shop.db.query(`SELECT 1 FROM webhook_event WHERE state = 'processed'`);
    return found.length;
  }

  /** One run: some sessions, each with a few rival requests, and trouble all the while. Returns how many were sold. */
  async run(seed: number): Promise<number> {
    const dice = random(seed);
    this.pace.hurry();
    this.dice.current = random(seed + 1_000_000);
    let over = false;
    const trouble = this.makeTrouble(dice, () => over);
    let sessions: (string | undefined)[];
    try {
      sessions = await Promise.all(Array.from({ length: 4 }, () => this.buy(dice)));
    } finally {
      over = true;
      await trouble;
    }
    for (const crash of this.crashes) crash.disarm();
    await this.shop.simulator.clearFaults();
    await this.shop.simulator.clearWebhookModes();
    await this.pace.calmDown();
    const ids = sessions.filter((id) => id !== undefined);
    return assertPeace(this.shop, this.psp, ids);
  }

  private async buy(dice: Random): Promise<string | undefined> {
    const rupees = { currency: 'inr', fulfillment_details: { address: mumbaiAddress } };
    const created = await this.try(() =>
      dice.pick(this.agents).create({
        line_items: [{ id: dice.pick(items), quantity: dice.below(2) + 1 }],
        ...(this.psp === 'razorpay' && rupees),
      }),
    );
    const id = created?.body.id as string | undefined;
    if (created?.status !== 201 || id === undefined) return undefined;
    const rivals = Array.from({ length: dice.below(4) + 1 }, async () => {
      const [token, key] = [dice.pick(tokens[this.psp]), `${id}-${dice.below(3)}-${dice.below(2)}`];
      const payment = this.psp === 'stripe' ? payWith(token) : savedToken(token);
      for (let n = 0; n < 4; n++) {
        await new Promise((resolve) => setTimeout(resolve, dice.below(120)));
        const agent = dice.pick(this.agents);
        const move = dice.below(14);
        if (move === 0)
          await this.try(() => agent.update(id, { line_items: [{ id: 'item_enamel_mug', quantity: 2 }] }));
        else if (move === 1) await this.try(() => agent.cancel(id));
        else if (move === 2) await this.payByHand(dice, agent, id);
        else if (move === 3) await this.meddle(dice, id);
        else await this.try(() => agent.complete(id, payment, { key: `${key}-${token}` }));
      }
    });
    await Promise.all(rivals);
    return id;
  }

  /** The buyer pays the link, or the order in Checkout; the agent may then hand in the proof or forget to. */
  private async payByHand(dice: Random, agent: Agent, id: string): Promise<void> {
    if (this.psp === 'stripe') return;
    const session = await this.try(() => agent.get(id));
    const order = session?.status === 200 ? orderOf(session.body) : undefined;
    const ignore = (): undefined => undefined;
    if (session?.body.continue_url && dice.below(2) === 0) {
      await payLink(this.shop, linkOf(session.body)).catch(ignore);
    } else if (order) {
      const outcome = dice.pick(['authorized', 'authorized', 'captured', 'late_authorized']);
      const triple = await playCheckout(this.shop, order, { outcome }).catch(ignore);
      if (triple?.razorpay_signature && dice.below(3) > 0)
        await this.try(() => agent.complete(id, proofOf(triple)));
    }
  }

  /** The merchant refunds, asks the provider, or compares everything. */
  private async meddle(dice: Random, id: string): Promise<void> {
    const [order] = await this.shop.db.query<{ id: string; payment_id: string }>(
      'SELECT id, payment_id FROM shop_order WHERE session_id = $1',
      [id],
    );
    switch (dice.below(3)) {
      case 0:
        if (order)
          await adminCall(this.shop, `/admin/orders/${order.id}/refunds`, {
            body: { amount: 100, reason: 'chaos' },
          });
        break;
      case 1:
        if (order) await adminCall(this.shop, `/admin/payments/${order.payment_id}/reconcile`, { body: {} });
        break;
      default:
        await this.shop.server.app
          .get(PaymentComparisonService)
          .compareAll()
          .catch(() => undefined);
    }
  }

  private async makeTrouble(dice: Random, isOver: () => boolean): Promise<void> {
    const { db, simulator } = this.shop;
    const name = new URL(db.url).pathname.slice(1);
    while (!isOver()) {
      await new Promise((resolve) => setTimeout(resolve, 20 + dice.below(60)));
      switch (dice.below(4)) {
        case 0:
          await simulator.inject({
            match: { provider: this.psp, times: dice.below(2) + 1 },
            action: dice.pick(faults),
            ms: longestFaultMs - dice.below(300),
          });
          break;
        case 1:
          await simulator.webhookMode({
            mode: dice.pick(webhookModes),
            n: 2 + dice.below(3),
            ms: 20 + dice.below(200),
            times: 1 + dice.below(3),
          });
          break;
        case 2:
          dice.pick(this.crashes).arm(1 + dice.below(2));
          break;
        default:
          await onServer(
            db.url,
            `SELECT pg_terminate_backend(pid) FROM (
               SELECT pid FROM pg_stat_activity WHERE datname = '${name}' AND application_name = 'storekeeper'
               ORDER BY md5(pid::text || '${dice.below(1000)}') LIMIT 2) AS victims`,
          );
      }
    }
  }

  /** What a client may see while code and connections are cut off under it: any answer, as long as it is one. */
  private async try(send: () => Promise<Answer>): Promise<Answer | undefined> {
    const answer = await send();
    expect([200, 201, 400, 404, 405, 409, 422, 500, 503], `${answer.status} ${answer.text}`).toContain(
      answer.status,
    );
    return answer;
  }
}
