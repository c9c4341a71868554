import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as afterAnswers } from 'node:timers/promises';
import type { Put, World } from '../world.js';
import { addressFor } from './addresses.js';
import { Lanes, Slots } from './lanes.js';
import { letterOf } from './letter.js';
import type { FlowMode, Mode, Modes } from './modes.js';
import { type Answered, Postman } from './post.js';
import { forgetOldest } from './retention.js';
import { afterTry, ANSWER_WITHIN_MS } from './schedule.js';
import type { DispatchRow, EventRow, WebhookRow } from './tables.js';

const MAX_AT_ONCE = 20;
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const COPIES: Partial<Record<FlowMode, number>> = { duplicate: 2, burst: 10 };

interface Attempt extends Answered {
  atMs: number;
}

/**
 * Delivers recorded events: after the answer that caused them, in order for one payment, again when the receiver did
 * not answer 2xx. How far each event has come is in the journal, so a restart goes on where it stopped.
 */
export class WebhookEngine {
  private readonly lanes = new Lanes();
  private readonly slots = new Slots(MAX_AT_ONCE);
  private readonly postman = new Postman();
  /** Deliveries the call being answered has to wait for. */
  private readonly calls = new AsyncLocalStorage<Promise<void>[]>();
  /** Events to be sent later, and when. */
  private readonly waiting = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    private readonly world: World,
    private readonly modes: Modes,
    private readonly log: (message: string) => void,
  ) {}

  start(): void {
    for (const row of this.world.rows('dispatches')) {
      if (row.state === 'pending') this.waiting.set(row.id, row.dueMs);
    }
    forgetOldest(this.world);
    this.world.subscribe((put) => this.committed(put));
    this.wake();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.postman.close();
  }

  /** Runs a call; what it causes in mode `before_response` is delivered before this resolves. */
  async answering<T>(call: () => Promise<T>): Promise<T> {
    const first: Promise<void>[] = [];
    const answer = await this.calls.run(first, call);
    await Promise.all(first);
    return answer;
  }

  /** Sends these off in this order, one after the other, whatever became of them so far. */
  sendOff(ids: string[]): void {
    const change = this.world.begin();
    const now = this.world.now();
    for (const id of ids) {
      const row = change.find('dispatches', id);
      if (row) {
        change.put('dispatches', { ...row, state: 'pending', tries: 0, startedMs: now, dueMs: now });
      }
      this.waiting.delete(id);
    }
    this.world.commit(change);
    const lane = `order ${ids.join()}`;
    for (const id of ids) void this.lanes.run(lane, () => this.send(id, { again: true }));
  }

  private committed(put: Put): void {
    if (put.some(([table]) => table === 'simulator')) this.wake();
    forgetOldest(this.world);
    const events = put.flatMap(([table, row]) => (table === 'events' ? [row as EventRow] : []));
    const wanted = events.filter(({ id }) => this.world.find('dispatches', id)?.state === 'pending');
    const batch = wanted.map((event) => ({ event, mode: this.modes.flow(event) }));
    for (const { event, mode } of this.modes.shuffled(batch)) {
      // In a lane of its own: the receiver of an earlier event may be the one who makes this call.
      const lane = mode?.mode === 'before_response' ? `before ${wanted[0]?.id}` : event.subject;
      this.dispatch(event, mode, lane);
    }
  }

  private dispatch(event: EventRow, mode: Mode<FlowMode> | undefined, lane: string): void {
    const usual = mode && COPIES[mode.mode];
    const copies = usual === undefined ? 1 : (mode?.n ?? usual);
    switch (mode?.mode) {
      case 'manual':
        return this.keep(event.id, { state: 'held' });
      case 'drop':
        return this.keep(event.id, { state: 'dropped' });
      case 'delay':
        this.keep(event.id, { dueMs: event.createdMs + (mode.ms ?? 1000) });
        return this.waitFor(event.id);
      case 'before_response':
        this.calls.getStore()?.push(this.lanes.run(lane, () => this.send(event.id)));
        return;
      default:
        void this.lanes.run(lane, async () => {
          await afterAnswers();
          await this.send(event.id, { copies, atOnce: mode?.mode === 'burst' });
        });
    }
  }

  private keep(id: string, fields: Partial<DispatchRow>): void {
    const row = this.world.find('dispatches', id);
    if (!row) return;
    const change = this.world.begin();
    change.put('dispatches', { ...row, ...fields });
    this.world.commit(change);
  }

  private async send(id: string, { copies = 1, atOnce = false, again = false } = {}): Promise<void> {
    const event = this.world.find('events', id);
    const due = again || this.world.find('dispatches', id)?.state === 'pending';
    if (!event || !due || this.closed) return;
    const address = addressFor(this.world, event);
    if (!address) return this.keep(id, { state: 'unsent' });
    try {
      const attempts: Attempt[] = [];
      const one = async () => void attempts.push(await this.attempt(event, address));
      if (atOnce) await Promise.all(Array.from({ length: copies }, one));
      else for (let copy = 0; copy < copies; copy += 1) await one();
      // Not recorded once the simulator stops: the event is sent again after the next start.
      if (!this.closed) this.record(event, address, attempts);
    } catch (error) {
      this.log(`psp-sim: sending ${event.type} to ${address.url} failed: ${String(error)}`);
    }
  }

  private attempt(event: EventRow, address: WebhookRow): Promise<Attempt> {
    return this.slots.use(async () => {
      const letter = letterOf(event, address, this.modes.wire(event), Math.floor(Date.now() / 1000));
      const atMs = this.world.now();
      const answered = await this.postman.post(address.url, letter, ANSWER_WITHIN_MS[event.provider]);
      return { ...answered, atMs };
    });
  }

  private record(event: EventRow, address: WebhookRow, attempts: Attempt[]): void {
    const { id, provider, type } = event;
    const change = this.world.begin();
    for (const { status, error, atMs } of attempts) {
      const at = new Date(atMs).toISOString();
      const delivery = { id: this.world.nextId('whd'), event: id, provider, type, url: address.url };
      change.put('deliveries', { ...delivery, status, error, at });
    }
    const row = change.find('dispatches', id);
    if (!row) return;
    const delivered = attempts.some(({ status }) => status !== null && status >= 200 && status < 300);
    const outcome = { delivered, attempts: attempts.length, nowMs: this.world.now() };
    const tried = change.put('dispatches', afterTry(row, provider, outcome));
    if (tried.state === 'failed' && provider === 'razorpay') {
      const current = change.find('webhooks', address.id) ?? address;
      change.put('webhooks', { ...current, disabledAt: new Date(this.world.now()).toISOString() });
    }
    this.world.commit(change);
    if (tried.state === 'pending') this.waitFor(id);
  }

  private waitFor(id: string): void {
    this.waiting.set(id, this.world.find('dispatches', id)?.dueMs ?? 0);
    this.wake();
  }

  /** Sends what is due and comes back for the next; also called when the clock is advanced. */
  private wake(): void {
    clearTimeout(this.timer);
    if (this.closed) return;
    const now = this.world.now();
    for (const [id, dueMs] of this.waiting) {
      if (dueMs > now) continue;
      this.waiting.delete(id);
      void this.lanes.run(this.world.find('events', id)?.subject ?? id, () => this.send(id));
    }
    if (this.waiting.size === 0) return;
    const wait = Math.min(...this.waiting.values()) - now;
    this.timer = setTimeout(() => this.wake(), Math.min(wait, LONGEST_TIMER_MS)).unref();
  }
}
