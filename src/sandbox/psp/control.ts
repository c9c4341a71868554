import {
  isRecord,
  onlyKeys,
  optionalNumber,
  optionalText,
  optionalTexts,
  parseJson,
  SimulatorError,
} from './control-input.js';
import type { Faults } from './faults.js';
import { type Answer, type Call, json } from './http.js';
import { ledgerView } from './ledger.js';
import { resolveRefund } from './stripe/refunds.js';
import type { World } from './world.js';

const PROVIDERS = ['stripe', 'razorpay'];

/** `/_sim/...`: what a test or a curious developer does to the simulator itself. Loopback only, so without keys. */
export class Control {
  constructor(
    private readonly world: World,
    private readonly faults: Faults,
  ) {}

  answer(call: Call): Answer {
    try {
      return json(200, this.run(call));
    } catch (error) {
      if (error instanceof SimulatorError) return json(error.status, { error: error.message });
      throw error;
    }
  }

  private run(call: Call): unknown {
    const refund = /^\/_sim\/refunds\/([^/]+)\/(succeed|fail)$/.exec(call.path);
    if (call.method === 'POST' && refund?.[1]) {
      return this.resolveRefund(refund[1], refund[2] === 'fail' ? 'fail' : 'succeed');
    }
    switch (`${call.method} ${call.path}`) {
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
      case 'GET /_sim/webhooks':
        return { webhooks: [...this.world.rows('webhooks')] };
      case 'POST /_sim/webhooks':
        return this.registerWebhook(parseJson(call.body));
      default:
        throw new SimulatorError(`The simulator has no ${call.method} ${call.path}.`, 404);
    }
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
    return { now: new Date(this.world.now()).toISOString() };
  }

  /** Remembers where events are to go; the latest registration of a provider is the one that counts. */
  private registerWebhook(body: unknown): unknown {
    if (!isRecord(body)) throw new SimulatorError('Send a JSON object {provider, url, secrets?, events?}.');
    onlyKeys(body, ['provider', 'url', 'secrets', 'events']);
    const provider = optionalText(body, 'provider');
    const url = optionalText(body, 'url');
    if (!provider || !PROVIDERS.includes(provider)) {
      throw new SimulatorError(`provider must be one of ${PROVIDERS.join(', ')}.`);
    }
    if (!url || !URL.canParse(url)) throw new SimulatorError('url must be an absolute URL.');
    const change = this.world.begin();
    const row = change.put('webhooks', {
      id: `${provider} ${url}`,
      provider,
      url,
      secrets: optionalTexts(body, 'secrets'),
      events: optionalTexts(body, 'events'),
      registeredAt: new Date(this.world.now()).toISOString(),
    });
    this.world.commit(change);
    return row;
  }

  private resolveRefund(id: string, outcome: 'succeed' | 'fail'): unknown {
    const refund = resolveRefund(this.world, id, outcome);
    if (!refund) throw new SimulatorError(`There is no refund ${id} that can still ${outcome}.`);
    return { id: refund.id, status: refund.status };
  }
}
