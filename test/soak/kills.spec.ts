import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { createKillableShop } from '../support/process.js';
import { random } from '../support/random.js';
import { until } from '../support/wait.js';

const kills = Number(process.env.SOAK_KILLS ?? 40);
const seed = Number(process.env.SOAK_SEED ?? 1);

const timings = {
  claimLeaseMs: 700,
  providerTimeoutMs: 400,
  completeAnswerMs: 1_500,
  chargeDeadlineMs: 1_000,
  attemptLeaseMs: 1_200,
  attemptPollMs: 50,
  reconcileAfterMs: 500,
  reconcileEveryMs: 300,
};

/** Agents that send every request until it is answered, as the protocol lets them. */
it(`${kills} kills at random moments lose and double nothing (seed ${seed})`, async () => {
  const shop = await createKillableShop(timings);
  const dice = random(seed);
  let buying = true;
  const persist = async (
    send: () => ReturnType<typeof shop.agent.create>,
  ): ReturnType<typeof shop.agent.create> =>
    until(
      () => send().catch(() => undefined),
      (answer) => answer !== undefined && answer.status !== 409 && answer.status !== 503,
      120_000,
    ) as ReturnType<typeof shop.agent.create>;
  const buyer = async (): Promise<string[]> => {
    const bought: string[] = [];
    while (buying) {
      const [createKey, key] = [randomUUID(), randomUUID()];
      const { body } = await persist(() => shop.agent.create({}, { key: createKey }));
      const answer = await persist(() => shop.agent.complete(body.id as string, 'tok_visa', { key }));
      expect([answer.status, answer.body.status]).toEqual([200, 'completed']);
      bought.push(body.id as string);
    }
    return bought;
  };
  let server = await shop.start();
  const buyers = Promise.all(Array.from({ length: 4 }, buyer));
  for (let n = 0; n < kills; n++) {
    await new Promise((resolve) => setTimeout(resolve, 100 + dice.below(1_500)));
    server.child.kill('SIGKILL');
    await server.exited;
    server = await shop.start();
  }
  buying = false;
  const bought = (await buyers).flat();
  console.log(`${kills} kills, ${bought.length} purchases`);
  const orders = await shop.db.query<{ session_id: string }>('SELECT session_id FROM shop_order');
  expect(orders.map(({ session_id }) => session_id).sort()).toEqual(bought.toSorted());
  const paid = (await shop.simulator.ledger()).map(({ session_id }) => session_id);
  expect(paid.sort()).toEqual(bought.toSorted());
  expect(await shop.db.query('SELECT 1 FROM outbox_event')).toHaveLength(bought.length);
  expect(await shop.db.query('SELECT 1 FROM inventory_hold')).toEqual([]);
  await shop.close();
});
