import { isRecord, onlyKeys, optionalNumber, parseJson, SimulatorError } from './control-input.js';
import { closeDispute, openDispute } from './disputes.js';
import type { Faults } from './faults.js';
import { type Answer, type Call, json } from './http.js';
import { ledgerView } from './ledger.js';
import { controlRazorpay } from './razorpay/control.js';
import { catchUpRazorpay } from './razorpay/deadlines.js';
import { resolveRazorpayRefund } from './razorpay/refunds.js';
import { challengePage } from './stripe/challenge.js';
import { moveProcessing } from './stripe/control.js';
import { Refusal } from './stripe/errors.js';
import { resolveRefund } from './stripe/refunds.js';
import type { WebhookControl } from './webhooks/control.js';
import type { World } from './world.js';

/** `/_sim/...`: what a test or a curious developer does to the simulator itself. Loopback only, so without keys. */
export class Control {
  constructor(
    private readonly world: World,
    private readonly faults: Faults,
    private readonly webhooks: WebhookControl,
  ) {}

  answer(call: Call): Answer {
    try {
      if (call.path.startsWith('/_sim/razorpay/')) return controlRazorpay(this.world, call);
      if (call.path.startsWith('/_sim/3ds/')) return challengePage(this.world, call);
      return json(200, this.run(call));
    } catch (error) {
      if (error instanceof SimulatorError) return json(error.status, { error: error.message });
      // A payment can no longer be completed, such as one by a token that is used up meanwhile.
      if (error instanceof Refusal) return json(409, { error: error.message });
      throw error;
    }
  }

  private run(call: Call): unknown {
    const route = `${call.method} ${call.path}`;
    const refund = /^\/_sim\/refunds\/([^/]+)\/(succeed|fail)$/.exec(call.path);
    if (call.method === 'POST' && refund?.[1]) {
      return this.resolveRefund(refund[1], refund[2] === 'fail' ? 'fail' : 'succeed');
    }
    const intent = /^POST \/_sim\/payment_intents\/([^/]+)\/(succeed|fail)$/.exec(route);
    if (intent?.[1]) {
      const { id, status } = moveProcessing(this.world, intent[1], intent[2] === 'fail' ? 'fail' : 'succeed');
      return { id, status };
    }
    const dispute = /^POST \/_sim\/disputes\/([^/]+)\/close$/.exec(route);
    if (dispute?.[1]) return closeDispute(this.world, dispute[1], parseJson(call.body));
    switch (route) {
      case 'POST /_sim/disputes':
        return openDispute(this.world, parseJson(call.body));
      case 'GET /_sim':
        return { id: this.world.simulator.simulatorId, now: new Date(this.world.now()).toISOString() };
      case 'GET /_sim/ledger':
        return ledgerView(this.world, new URLSearchParams(call.query).get('reference'));
      case 'GET /_sim/faults':
        return { faults: this.faults.list() };
      case 'POST /_sim/faults':
        return this.faults.add(parseJson(call.body));
      case 'DELETE /_sim/faults':
        return { cleared: this.faults.clear() };
      case 'POST /_sim/clock':
        return this.advanceClock(parseJson(call.body));
    }
    const answer = this.webhooks.run(call);
    if (answer !== undefined) return answer;
    throw new SimulatorError(`The simulator has no ${call.method} ${call.path}.`, 404);
  }

  private advanceClock(body: unknown): unknown {
    if (!isRecord(body)) throw new SimulatorError('Send a JSON object {advance_seconds}.');
    onlyKeys(body, ['advance_seconds']);
    const seconds = optionalNumber(body, 'advance_seconds');
    if (seconds === undefined) throw new SimulatorError('advance_seconds is required.');
    const change = this.world.begin();
    const row = this.world.simulator;
    change.put('simulator', { ...row, clockOffsetMs: row.clockOffsetMs + seconds * 1000 });
    this.world.commit(change);
    catchUpRazorpay(this.world);
    return { now: new Date(this.world.now()).toISOString() };
  }

  private resolveRefund(id: string, outcome: 'succeed' | 'fail'): unknown {
    const resolve = id.startsWith('rfnd_') ? resolveRazorpayRefund : resolveRefund;
    const refund = resolve(this.world, id, outcome);
    if (!refund) throw new SimulatorError(`There is no refund ${id} that can still ${outcome}.`);
    return { id: refund.id, status: refund.status };
  }
}
