import { onlyKeys, optionalText, optionalTexts, requireRecord, SimulatorError } from '../control-input.js';
import type { World } from '../world.js';
import type { WebhookRow } from './tables.js';

export const PROVIDERS = ['stripe', 'razorpay'] as const;
export type Provider = (typeof PROVIDERS)[number];

/** The one address of its provider an event goes to: the latest registered, if it wants such events. */
export function addressFor(
  world: World,
  event: { provider: Provider; type: string },
): WebhookRow | undefined {
  const latest = [...world.rows('webhooks')]
    .filter(({ provider }) => provider === event.provider)
    .reduce<WebhookRow | undefined>(
      (last, row) => (last && (last.registration ?? '') > (row.registration ?? '') ? last : row),
      undefined,
    );
  return latest && !latest.disabledAt && wants(latest, event.type) ? latest : undefined;
}

function wants({ events }: WebhookRow, type: string): boolean {
  if (events.length === 0) return true;
  return events.some((one) => one === type || (one.endsWith('*') && type.startsWith(one.slice(0, -1))));
}

/** Registering an address again makes it the latest, and alive. */
export function registerAddress(world: World, body: unknown): WebhookRow {
  const input = requireRecord(body, '{provider, url, secrets?, events?}');
  onlyKeys(input, ['provider', 'url', 'secrets', 'events']);
  const provider = readProvider(input);
  const url = optionalText(input, 'url');
  if (!provider) throw new SimulatorError(`provider must be one of ${PROVIDERS.join(', ')}.`);
  if (!url || !URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new SimulatorError('url must be an absolute http or https URL.');
  }
  const change = world.begin();
  const row = change.put('webhooks', {
    id: `${provider} ${url}`,
    provider,
    url,
    secrets: optionalTexts(input, 'secrets'),
    events: optionalTexts(input, 'events'),
    registeredAt: new Date(world.now()).toISOString(),
    registration: world.nextId('wh'),
    disabledAt: null,
  });
  world.commit(change);
  return row;
}

export function readProvider(input: Record<string, unknown>): Provider | undefined {
  const text = optionalText(input, 'provider');
  const provider = PROVIDERS.find((known) => known === text);
  if (text !== undefined && !provider) {
    throw new SimulatorError(`provider must be one of ${PROVIDERS.join(', ')}.`);
  }
  return provider;
}
