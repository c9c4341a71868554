import {
  onlyKeys,
  optionalTexts,
  parseJson,
  readPattern,
  requiredText,
  requireRecord,
  SimulatorError,
} from '../control-input.js';
import type { Call } from '../http.js';
import { stripeEnvelope } from '../stripe/envelope.js';
import type { World } from '../world.js';
import { readProvider, registerAddress } from './addresses.js';
import type { WebhookEngine } from './engine.js';
import { recordEvent } from './event.js';
import type { Modes } from './modes.js';
import type { DispatchRow, EventRow } from './tables.js';

/** `/_sim/webhooks...`: where events go, how they misbehave, and what became of them. */
export class WebhookControl {
  constructor(
    private readonly world: World,
    private readonly modes: Modes,
    private readonly engine: WebhookEngine,
  ) {}

  /** Undefined when the call is not about webhooks. */
  run({ method, path, query, body }: Call): unknown {
    const filter = new URLSearchParams(query);
    switch (`${method} ${path}`) {
      case 'GET /_sim/webhooks':
        return { webhooks: [...this.world.rows('webhooks')] };
      case 'POST /_sim/webhooks':
        return registerAddress(this.world, parseJson(body));
      case 'GET /_sim/webhooks/mode':
        return { modes: this.modes.list() };
      case 'POST /_sim/webhooks/mode':
        return this.modes.set(parseJson(body));
      case 'DELETE /_sim/webhooks/mode':
        return { cleared: this.modes.clear() };
      case 'GET /_sim/webhooks/events':
        return { events: this.events(filter).map(([event, row]) => eventView(event, row)) };
      case 'GET /_sim/webhooks/deliveries':
        return { deliveries: this.deliveries(filter) };
      case 'POST /_sim/webhooks/release':
        return { released: this.sendOff(body, (row) => row.state === 'held') };
      case 'POST /_sim/webhooks/replay':
        return { replayed: this.sendOff(body, (row) => row.attempts > 0 || row.state === 'dropped') };
      case 'POST /_sim/webhooks/send':
        return this.send(parseJson(body));
      default:
        return undefined;
    }
  }

  private events(filter: URLSearchParams): [EventRow, DispatchRow][] {
    const type = readPattern(filter.get('type') ?? '', 'type');
    const found: [EventRow, DispatchRow][] = [];
    for (const event of this.world.rows('events')) {
      const row = this.world.find('dispatches', event.id);
      if (!row || !type.test(event.type)) continue;
      if (fits(filter, 'provider', event.provider) && fits(filter, 'state', row.state)) {
        found.push([event, row]);
      }
    }
    return found;
  }

  private deliveries(filter: URLSearchParams): unknown[] {
    return [...this.world.rows('deliveries')].filter(
      (row) => fits(filter, 'event', row.event) && fits(filter, 'provider', row.provider),
    );
  }

  /** Those named, in the order they are named, or all that qualify, in the order they happened. */
  private sendOff(body: string, qualifies: (row: DispatchRow) => boolean): string[] {
    const input = requireRecord(body.trim() === '' ? {} : parseJson(body), '{ids?}');
    onlyKeys(input, ['ids']);
    const all = [...this.world.rows('dispatches')].filter(qualifies).map(({ id }) => id);
    const ids = input.ids === undefined ? all : optionalTexts(input, 'ids');
    const unknown = ids.find((id) => !this.world.find('dispatches', id));
    if (unknown !== undefined) throw new SimulatorError(`There is no event ${unknown}.`, 404);
    this.engine.sendOff(ids);
    return ids;
  }

  /** An event nothing happened for, such as one of a type nobody has heard of. */
  private send(body: unknown): unknown {
    const input = requireRecord(body, '{provider, type, object}');
    onlyKeys(input, ['provider', 'type', 'object']);
    const provider = readProvider(input) ?? 'stripe';
    const type = requiredText(input, 'type');
    const object = requireRecord(input.object, '{provider, type, object: {...}}');
    const change = this.world.begin();
    const created = Math.floor(this.world.now() / 1000);
    const id = this.world.nextId('evt');
    const event =
      provider === 'stripe'
        ? JSON.stringify(stripeEnvelope({ id, type, created, object }), null, 2)
        : JSON.stringify(razorpayEnvelope(type, created, object));
    recordEvent(change, { id, provider, type, body: event });
    this.world.commit(change);
    return { id };
  }
}

function fits(filter: URLSearchParams, name: string, value: string): boolean {
  const wanted = filter.get(name);
  return wanted === null || wanted === value;
}

function eventView({ id, provider, type, subject, createdMs }: EventRow, row: DispatchRow) {
  const created = new Date(createdMs).toISOString();
  return { id, provider, type, subject, state: row.state, attempts: row.attempts, created };
}

/** `object` is the payload: `{payment: {entity: {...}}}`. */
function razorpayEnvelope(event: string, created_at: number, payload: Record<string, unknown>) {
  const contains = Object.keys(payload);
  return { entity: 'event', account_id: 'acc_sandbox', event, contains, payload, created_at };
}
