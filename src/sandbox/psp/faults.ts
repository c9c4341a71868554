import {
  isRecord,
  onlyKeys,
  optionalNumber,
  optionalText,
  readPattern,
  SimulatorError,
} from './control-input.js';

const BEFORE_EXECUTION = [
  'refuse',
  'reset',
  'delay',
  'status',
  '409_in_flight',
  'stale_list',
  'search_lag',
] as const;
const AFTER_EXECUTION = [
  'execute_then_hang',
  'execute_then_reset',
  'execute_then_truncate_body',
  'execute_then_500',
  'execute_then_html_502',
  'bad_json',
  'wrong_amount_in_response',
] as const;
const ACTIONS = [...BEFORE_EXECUTION, ...AFTER_EXECUTION] as const;
export type FaultAction = (typeof ACTIONS)[number];

export interface Fault {
  id: number;
  match: { provider?: string; method?: string; path?: string; times: number; nth: number };
  action: FaultAction;
  ms?: number;
  status?: number;
  code?: string;
}

interface Armed {
  fault: Fault;
  path: RegExp;
  seen: number;
  left: number;
  /** `409_in_flight` with `ms` goes on until then: the other request it tells of takes that long. */
  untilMs?: number;
}

/** Faults to inject, in the order they were asked for. In memory only: a restart is a healthy provider. */
export class Faults {
  private armed: Armed[] = [];
  private lastId = 0;

  add(body: unknown): Fault {
    const fault = readFault(body, this.lastId + 1);
    const path = readPattern(fault.match.path ?? '', 'match.path');
    this.lastId = fault.id;
    this.armed.push({ fault, path, seen: 0, left: fault.match.times });
    return fault;
  }

  clear(): number {
    const cleared = this.armed.length;
    this.armed = [];
    return cleared;
  }

  list(): (Fault & { left: number })[] {
    this.dropSpent();
    return this.armed.map(({ fault, left }) => ({ ...fault, left }));
  }

  /** The fault this call meets, if any, counted as used. */
  take(provider: string, method: string, path: string): Fault | undefined {
    this.dropSpent();
    for (const one of this.armed) {
      const { match } = one.fault;
      if (match.provider !== undefined && match.provider !== provider) continue;
      if (match.method !== undefined && match.method !== method) continue;
      if (!one.path.test(path)) continue;
      one.seen += 1;
      if (one.seen < match.nth) continue;
      if (one.fault.action === '409_in_flight' && one.fault.ms) one.untilMs ??= Date.now() + one.fault.ms;
      one.left = Math.max(0, one.left - 1);
      return one.fault;
    }
    return undefined;
  }

  private dropSpent(): void {
    this.armed = this.armed.filter((one) => one.left > 0 || (one.untilMs ?? 0) > Date.now());
  }
}

function readFault(body: unknown, id: number): Fault {
  if (!isRecord(body)) {
    throw new SimulatorError('A fault is a JSON object {match, action, ms?, status?, code?}.');
  }
  onlyKeys(body, ['match', 'action', 'ms', 'status', 'code']);
  const action = ACTIONS.find((known) => known === body.action);
  if (!action) throw new SimulatorError(`action must be one of ${ACTIONS.join(', ')}.`);
  const match = body.match ?? {};
  if (!isRecord(match)) {
    throw new SimulatorError('match must be an object {provider?, method?, path?, times?, nth?}.');
  }
  onlyKeys(match, ['provider', 'method', 'path', 'times', 'nth']);
  const status = optionalNumber(body, 'status');
  if (action === 'status' && (status === undefined || status < 400 || status > 599)) {
    throw new SimulatorError('The action "status" needs a status between 400 and 599.');
  }
  return {
    id,
    match: {
      provider: optionalText(match, 'provider'),
      method: optionalText(match, 'method')?.toUpperCase(),
      path: optionalText(match, 'path'),
      times: optionalNumber(match, 'times') ?? 1,
      nth: optionalNumber(match, 'nth') ?? 1,
    },
    action,
    ms: optionalNumber(body, 'ms'),
    status,
    code: optionalText(body, 'code'),
  };
}
