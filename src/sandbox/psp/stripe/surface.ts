import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../faults.js';
import { FormError, type FormObject, parseForm } from '../form.js';
import { type Answer, type Call, json, type Surface } from '../http.js';
import type { Change, World } from '../world.js';
import { balanceEndpoints } from './balance.js';
import { chargeEndpoints } from './charges.js';
import { customerEndpoints } from './customers.js';
import { disputeEndpoints } from './disputes.js';
import { findRoute, type Operation, type Route } from './endpoint.js';
import { invalidRequest, keyInUse, rateLimited, Refusal, serverError, unknownUrl } from './errors.js';
import { eventEndpoints } from './event-endpoints.js';
import { commitWithEvents } from './events.js';
import { grantedTokenEndpoints } from './granted-tokens.js';
import { fingerprintOf, IdempotencyKeys } from './idempotency.js';
import { refuseUnknown } from './params.js';
import { paymentIntentEndpoints } from './payment-intents.js';
import { paymentMethodEndpoints } from './payment-methods.js';
import { authenticate, idempotencyKey, isTokenPreview, responseHeaders, retryAdvice } from './protocol.js';
import { refundEndpoints } from './refunds.js';

const STALE_LIST_MS = 60_000;

const endpoints = [
  ...paymentIntentEndpoints,
  ...chargeEndpoints,
  ...refundEndpoints,
  ...paymentMethodEndpoints,
  ...grantedTokenEndpoints,
  ...disputeEndpoints,
  ...customerEndpoints,
  ...eventEndpoints,
  ...balanceEndpoints,
];

/** A call that is authentic and names an endpoint. */
interface Request {
  call: Call;
  route: Route;
  params: FormObject;
  fault: Fault | undefined;
  requestId: string;
  headers: Record<string, string>;
}

interface Outcome {
  status: number;
  value: unknown;
  /** Got past validation: to be committed, and stored under the key. */
  executed: boolean;
}

/** The part of Stripe's API a shop needs to be paid, as the unmodified SDK sees it. */
export class StripeSurface implements Surface {
  readonly provider = 'stripe';
  private readonly keys: IdempotencyKeys;

  constructor(private readonly world: World) {
    this.keys = new IdempotencyKeys(world);
  }

  claims({ path }: Pick<Call, 'path'>): boolean {
    return path.startsWith('/v1/');
  }

  async answer(call: Call, fault: Fault | undefined): Promise<Answer> {
    const requestId = `req_${randomBytes(7).toString('hex')}`;
    const headers = responseHeaders(call, requestId);
    try {
      authenticate(call);
      refuseByFault(call, fault);
      const route = findRoute(endpoints, call.method, call.path);
      if (!route || (route.endpoint.preview && !isTokenPreview(call))) {
        throw unknownUrl(call.method, call.path);
      }
      const params = readParams(call.method === 'POST' ? call.body : call.query);
      const request = { call, route, params, fault, requestId, headers };
      return call.method === 'POST' ? await this.post(request) : await this.get(request);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return json(error.status, error.body(), { ...headers, ...retryAdvice(error) });
    }
  }

  private async get(request: Request): Promise<Answer> {
    await delay(request.fault);
    const { status, value } = this.execute(request, this.world.begin());
    return json(status, shown(value, request.fault), request.headers);
  }

  private async post(request: Request): Promise<Answer> {
    const { call, headers, params, fault, requestId } = request;
    const key = idempotencyKey(call);
    const fingerprint = fingerprintOf(call.path, params);
    const stored = key === null ? null : this.keys.claim(key, fingerprint);
    if (stored) {
      const replayed = { 'Idempotent-Replayed': 'true', 'Original-Request': stored.requestId };
      return json(stored.status, JSON.parse(stored.body), { ...headers, ...replayed });
    }
    try {
      await delay(fault);
      const change = this.world.begin();
      const { status, value, executed } = this.execute(request, change);
      if (executed) {
        if (key !== null) {
          const body = JSON.stringify(value);
          change.put('stripe_idempotency', {
            id: key,
            savedAtMs: this.world.now(),
            fingerprint,
            requestId,
            status,
            body,
          });
        }
        commitWithEvents(change, { id: requestId, idempotency_key: key });
      }
      return json(status, shown(value, fault), headers);
    } finally {
      if (key !== null) this.keys.release(key);
    }
  }

  private execute({ call, route, params, fault }: Request, change: Change): Outcome {
    const lags = fault?.action === 'stale_list' || fault?.action === 'search_lag';
    const staleMs = lags ? (fault.ms ?? STALE_LIST_MS) : null;
    const operation: Operation = {
      change,
      params,
      id: route.id,
      nowSeconds: Math.floor(this.world.now() / 1000),
      listedUntil: staleMs === null ? Infinity : (this.world.now() - staleMs) / 1000,
    };
    const outcome = outcomeOf(() => {
      refuseUnknown(params, route.endpoint.params, isTokenPreview(call));
      return route.endpoint.run(operation);
    });
    // A server error after the fact: what happened stays, and the key answers 500 from now on.
    const fails = fault?.action === 'execute_then_500' && outcome.executed;
    return fails ? { status: 500, value: serverError().body(), executed: true } : outcome;
  }
}

function outcomeOf(run: () => unknown): Outcome {
  try {
    return { status: 200, value: run(), executed: true };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { status: error.status, value: error.body(), executed: error.executed };
  }
}

/** Rate limiting and conflicts come before the idempotency layer: nothing runs and nothing is stored. */
function refuseByFault(call: Call, fault: Fault | undefined): void {
  if (fault?.action === '409_in_flight') throw keyInUse(idempotencyKey(call) ?? '');
  if (fault?.action !== 'status') return;
  const status = fault.status ?? 500;
  if (status === 429) throw rateLimited(fault.code);
  if (status >= 500) throw serverError(status);
  const message = `The simulator was asked to answer ${status}.`;
  throw new Refusal(status, {
    type: 'invalid_request_error',
    message,
    ...(fault.code ? { code: fault.code } : {}),
  });
}

function readParams(text: string): FormObject {
  try {
    return parseForm(text);
  } catch (error) {
    if (error instanceof FormError) throw invalidRequest(error.message);
    throw error;
  }
}

/** With `wrong_amount_in_response`, an answer that contradicts what happened, for readers who ought to compare. */
function shown(value: unknown, fault: Fault | undefined): unknown {
  if (fault?.action !== 'wrong_amount_in_response' || typeof value !== 'object' || value === null) {
    return value;
  }
  const changed: [string, unknown][] = Object.entries(value).map(([name, one]: [string, unknown]) => [
    name,
    name.startsWith('amount') && typeof one === 'number' ? one + 1 : one,
  ]);
  return Object.fromEntries(changed);
}

/** Holds the request, and with it the key. Unreferenced: it does not keep a stopped process alive. */
async function delay(fault: Fault | undefined): Promise<void> {
  if (fault?.action === 'delay') await sleep(fault.ms ?? 1000, undefined, { ref: false });
}
