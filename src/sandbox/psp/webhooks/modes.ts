import {
  onlyKeys,
  optionalNumber,
  optionalText,
  readPattern,
  requireRecord,
  SimulatorError,
} from '../control-input.js';
import { type Provider, readProvider } from './addresses.js';
import type { EventRow } from './tables.js';

/** How an event leaves, decided once when it happens. */
const FLOW_MODES = ['manual', 'drop', 'delay', 'duplicate', 'burst', 'shuffle', 'before_response'] as const;
/** What is wrong with the letter, decided at each attempt. */
const WIRE_MODES = [
  'bad_signature',
  'stale_timestamp',
  'wrong_secret',
  'old_secret',
  'tampered_body',
] as const;
const MODES = ['auto', ...FLOW_MODES, ...WIRE_MODES] as const;
export type FlowMode = (typeof FLOW_MODES)[number];
export type WireMode = (typeof WIRE_MODES)[number];

export interface Mode<M = (typeof MODES)[number]> {
  mode: M;
  provider?: Provider;
  type?: string;
  /** Copies for `duplicate` and `burst`, seed for `shuffle`. */
  n?: number;
  ms?: number;
  /** How often it applies before it wears off. */
  times?: number;
}

interface Active {
  mode: Mode;
  type: RegExp;
  left: number;
  random: () => number;
}

/** How webhooks misbehave at present. In memory only, like faults: a restart is a healthy provider. */
export class Modes {
  private active: Active[] = [];

  set(body: unknown): Mode {
    const mode = readMode(body);
    const type = readPattern(mode.type ?? '', 'type');
    this.active.push({ mode, type, left: mode.times ?? Infinity, random: randomFrom(mode.n ?? 1) });
    return mode;
  }

  clear(): number {
    const cleared = this.active.length;
    this.active = [];
    return cleared;
  }

  list(): Mode[] {
    return this.active.filter(({ left }) => left > 0).map(({ mode }) => mode);
  }

  flow(event: EventRow): Mode<FlowMode> | undefined {
    return this.take(event, FLOW_MODES)?.mode as Mode<FlowMode> | undefined;
  }

  wire(event: EventRow): WireMode | undefined {
    return this.take(event, WIRE_MODES)?.mode.mode as WireMode | undefined;
  }

  /** The events of one change in the order they leave: those in mode `shuffle` trade places. */
  shuffled<E extends { event: EventRow; mode: Mode<FlowMode> | undefined }>(batch: E[]): E[] {
    const isShuffled = ({ mode }: E) => mode?.mode === 'shuffle';
    const random = this.active.findLast(({ mode }) => mode.mode === 'shuffle')?.random ?? Math.random;
    const mixed = mix(batch.filter(isShuffled), random);
    return batch.map((one) => (isShuffled(one) ? (mixed.shift() ?? one) : one));
  }

  /** The latest setting that matches wins; `auto` shields its events from older ones of either kind. */
  private take(event: EventRow, kind: readonly string[]): Active | undefined {
    const found = this.active.findLast(
      ({ mode, type, left }) =>
        left > 0 &&
        (mode.mode === 'auto' || kind.includes(mode.mode)) &&
        (mode.provider === undefined || mode.provider === event.provider) &&
        type.test(event.type),
    );
    if (!found || found.mode.mode === 'auto') return undefined;
    found.left -= 1;
    return found;
  }
}

function readMode(body: unknown): Mode {
  const input = requireRecord(body, '{mode, provider?, type?, n?, ms?, times?}');
  onlyKeys(input, ['mode', 'provider', 'type', 'n', 'ms', 'times']);
  const mode = MODES.find((known) => known === input.mode);
  if (!mode) throw new SimulatorError(`mode must be one of ${MODES.join(', ')}.`);
  return {
    mode,
    provider: readProvider(input),
    type: optionalText(input, 'type'),
    n: optionalNumber(input, 'n'),
    ms: optionalNumber(input, 'ms'),
    times: optionalNumber(input, 'times'),
  };
}

/** Fisher-Yates. */
function mix<T>(items: T[], random: () => number): T[] {
  const mixed = [...items];
  for (let last = mixed.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    const moved = mixed.splice(other, 1);
    mixed.splice(last, 0, ...moved);
  }
  return mixed;
}

/** Mulberry32: the same order for the same seed, so that a test that fails can fail again. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}
