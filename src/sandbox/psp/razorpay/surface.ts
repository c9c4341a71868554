import { setTimeout as sleep } from 'node:timers/promises';
import { isRecord } from '../control-input.js';
import type { Fault } from '../faults.js';
import { type Answer, type Call, json, type Surface } from '../http.js';
import type { World } from '../world.js';
import { chargeEndpoints } from './charges.js';
import { customerEndpoints } from './customers.js';
import { catchUpRazorpay } from './deadlines.js';
import { disputeEndpoints } from './disputes.js';
import { findRoute, NO_ANSWER, type Route } from './endpoint.js';
import { badRequest, keyInUse, Refusal, serverError, tooManyRequests, unknownUrl } from './errors.js';
import { fingerprintOf, refundKey, RefundKeys } from './idempotency.js';
import { paymentLinkEndpoints } from './links/payment-links.js';
import { orderEndpoints } from './orders.js';
import { type Params, readJson, refuseUnknown } from './params.js';
import { paymentEndpoints } from './payments.js';
import { authenticate, isForRazorpay } from './protocol.js';
import { refundEndpoints } from './refunds.js';
import type { KeyRow } from './tables.js';

const STALE_LIST_MS = 60_000;

const endpoints = [
  ...orderEndpoints,
  ...chargeEndpoints,
  ...paymentEndpoints,
  ...refundEndpoints,
  ...customerEndpoints,
  ...disputeEndpoints,
  ...paymentLinkEndpoints,
];

/** A call that is authentic and names an endpoint. */
interface Request {
  call: Call;
  key: KeyRow;
  route: Route;
  params: Params;
  fault: Fault | undefined;
}

/** The part of Razorpay's API a shop needs to be paid, as the unmodified SDK sees it. */
export class RazorpaySurface implements Surface {
  readonly provider = 'razorpay';
  private readonly keys: RefundKeys;

  constructor(private readonly world: World) {
    this.keys = new RefundKeys(world);
  }

  claims(call: Pick<Call, 'path' | 'headers'>): boolean {
    return isForRazorpay(call);
  }

  async answer(call: Call, fault: Fault | undefined): Promise<Answer> {
    try {
      const key = authenticate(call);
      refuseByFault(fault);
      const route = findRoute(endpoints, call.method, call.path);
      if (!route) throw unknownUrl();
      const params =
        call.method === 'GET' ? Object.fromEntries(new URLSearchParams(call.query)) : readJson(call.body);
      refuseUnknown(params, route.endpoint.params);
      const request = { call, key, route, params, fault };
      const refundId = route.endpoint.keyed ? refundKey(call) : null;
      const value = await (refundId === null ? this.plain(request) : this.keyed(request, refundId));
      if (value === NO_ANSWER) await forever();
      if (fault?.action === 'execute_then_500') throw serverError();
      return json(200, shown(value, fault));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return json(error.status, error.body());
    }
  }

  private async plain(request: Request, refundId?: string): Promise<unknown> {
    await delay(request.fault);
    return this.execute(request, refundId);
  }

  private async keyed(request: Request, refundId: string): Promise<unknown> {
    const stored = this.keys.claim(refundId, fingerprintOf(request.call.path, request.params));
    if (stored) return JSON.parse(stored.body);
    try {
      return await this.plain(request, refundId);
    } finally {
      this.keys.release(refundId);
    }
  }

  private execute({ call, key, route, params, fault }: Request, refundId?: string): unknown {
    catchUpRazorpay(this.world);
    const now = this.world.now();
    const staleMs = fault?.action === 'stale_list' ? (fault.ms ?? STALE_LIST_MS) : null;
    const change = this.world.begin();
    if (change.find('razorpay_keys', key.id)?.secret !== key.secret) change.put('razorpay_keys', key);
    try {
      const value = route.endpoint.run({
        change,
        params,
        ids: route.ids,
        keyId: key.id,
        nowSeconds: Math.floor(now / 1000),
        listedUntil: staleMs === null ? Infinity : (now - staleMs) / 1000,
      });
      if (refundId !== undefined) {
        const fingerprint = fingerprintOf(call.path, params);
        change.put('razorpay_refund_keys', { id: refundId, fingerprint, body: JSON.stringify(value) });
      }
      this.world.commit(change);
      return value;
    } catch (error) {
      if (error instanceof Refusal && error.keeps) this.world.commit(change);
      throw error;
    }
  }
}

/** Nothing runs: the answer comes from what stands in front of the service. */
function refuseByFault(fault: Fault | undefined): void {
  if (fault?.action === '409_in_flight') throw keyInUse();
  if (fault?.action !== 'status') return;
  const status = fault.status ?? 500;
  if (status === 429) throw tooManyRequests();
  if (status >= 500) throw serverError(status);
  const { fields } = badRequest(`The simulator was asked to answer ${status}.`, { reason: fault.code });
  throw new Refusal(status, fields);
}

/** With `wrong_amount_in_response`, an answer that contradicts what happened, for readers who ought to compare. */
function shown(value: unknown, fault: Fault | undefined): unknown {
  if (fault?.action !== 'wrong_amount_in_response' || !isRecord(value)) return value;
  const changed = Object.entries(value).map(([name, one]): [string, unknown] => {
    if (Array.isArray(one)) return [name, one.map((item) => shown(item, fault))];
    return [name, name.startsWith('amount') && typeof one === 'number' ? one + 1 : one];
  });
  return Object.fromEntries(changed);
}

/** Holds the request, and with it the key. Unreferenced: it does not keep a stopped process alive. */
async function delay(fault: Fault | undefined): Promise<void> {
  if (fault?.action === 'delay') await sleep(fault.ms ?? 1000, undefined, { ref: false });
}

/** Until the client gives up or the simulator stops. */
function forever(): Promise<never> {
  return new Promise(() => undefined);
}
