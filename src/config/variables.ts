import { isIP } from 'node:net';
import { parseSmtpUrl } from './smtp-url.js';

/**
 * The environment as data: what may be set, what it means and how it is read. `.env.example` is generated
 * from this list and a test keeps the two equal.
 */
export interface Variable<T = unknown> {
  description: string;
  /** Shown in `.env.example`; the effective default may depend on the mode. */
  example: string;
  parse: (text: string) => T;
}

const variable = <T>(description: string, example: string, parse: (text: string) => T): Variable<T> => ({
  description,
  example,
  parse,
});

const text = (value: string): string => value;

function oneOf<T extends string>(...allowed: T[]): (value: string) => T {
  return (value) => {
    const found = allowed.find((candidate) => candidate === value);
    if (found === undefined) throw new Error(`must be one of ${allowed.join(', ')}`);
    return found;
  };
}

const boolean = (value: string): boolean => oneOf('true', 'false')(value) === 'true';

function integer(min: number, max: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < min || number > max) {
      throw new Error(`must be a whole number from ${min} to ${max}`);
    }
    return number;
  };
}

function url(...protocols: string[]): (value: string) => string {
  return (value) => {
    const parsed = URL.canParse(value) ? new URL(value) : undefined;
    if (!parsed || !protocols.includes(parsed.protocol)) {
      throw new Error(`must be a URL that starts with ${protocols.map((p) => `${p}//`).join(' or ')}`);
    }
    return value.replace(/\/+$/, '');
  };
}

function encryptionKey(value: string): string {
  if (!/^[A-Za-z0-9+/]{43}=$/.test(value)) {
    throw new Error('must be 32 bytes in base64, as `openssl rand -base64 32` prints them');
  }
  return value;
}

function key(value: string): string {
  if (!/^[\x21-\x7e]{1,200}$/.test(value)) throw new Error('must be 1 to 200 visible ASCII characters');
  return value;
}

/** A proxy count, or addresses, networks and the names Express knows, as its `trust proxy` takes them. */
function trustProxy(value: string): number | string[] {
  if (/^\d+$/.test(value)) return Number(value);
  const parts = value.split(',').map((part) => part.trim());
  const usable = parts.every((part) => {
    const [address = '', bits, ...rest] = part.split('/');
    const width = isIP(address) === 6 ? 128 : 32;
    const network = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= width);
    return (
      ['loopback', 'linklocal', 'uniquelocal'].includes(part) ||
      (isIP(address) > 0 && network && rest.length === 0)
    );
  });
  if (!usable)
    throw new Error('must be a number of proxies, or IP addresses and networks separated by commas');
  return parts;
}

const port = integer(1, 65_535);
const postgres = url('postgres:', 'postgresql:');

export const variables = {
  NODE_ENV: variable('`production` turns sandbox mode off', 'development', text),
  PORT: variable('port of the HTTP server', '3000', port),
  ADMIN_PORT: variable(
    'a port of their own for /admin, /docs and /metrics; without it they are on PORT',
    '9000',
    port,
  ),
  HOST: variable('address it listens on; 127.0.0.1 in sandbox mode, 0.0.0.0 otherwise', '127.0.0.1', text),
  PUBLIC_URL: variable(
    'how the world reaches this server: permalinks, discovery, webhooks',
    'http://localhost:3000',
    url('http:', 'https:'),
  ),
  DATA_DIR: variable('embedded database, generated sandbox state, logs', './data', text),
  DATABASE_URL: variable(
    'PostgreSQL >= 14; without it an embedded PostgreSQL runs under DATA_DIR',
    'postgres://user:password@localhost:5432/storekeeper',
    postgres,
  ),
  DATABASE_DIRECT_URL: variable(
    'a connection past any pooler, for migrations, LISTEN and the queue',
    'postgres://user:password@localhost:5432/storekeeper',
    postgres,
  ),
  DATABASE_POOL_MAX: variable('connections of one process', '20', integer(2, 1000)),
  REDIS_URL: variable(
    'when set, the queue, rate limits and the replay cache use Redis',
    'redis://localhost:6379',
    url('redis:', 'rediss:'),
  ),
  ROLE: variable(
    '`all`, `api` (HTTP only) or `worker` (queues and sweeps only)',
    'all',
    oneOf('all', 'api', 'worker'),
  ),
  SANDBOX: variable(
    'demo catalogue, simulated payment providers, well-known keys; true unless NODE_ENV=production',
    'true',
    boolean,
  ),
  SANDBOX_PSP_PORT: variable('loopback port of the simulated payment providers; PORT + 1000', '4000', port),
  SANDBOX_TIMINGS: variable('sandbox only: JSON overriding leases, deadlines and intervals', '', text),
  AGENT_API_KEY: variable('bootstrap key of an agent, created at boot', 'agent_sandbox_key', key),
  ADMIN_API_KEY: variable('bootstrap key of the merchant, created at boot', 'admin_sandbox_key', key),
  SETTINGS_ENCRYPTION_KEY: variable(
    'encrypts secrets at rest: 32 bytes in base64 (`openssl rand -base64 32`)',
    '',
    encryptionKey,
  ),
  SETTINGS_ENCRYPTION_KEY_PREVIOUS: variable('the key before a rotation, still read', '', encryptionKey),
  STRIPE_SECRET_KEY: variable('Stripe API key', '', key),
  STRIPE_WEBHOOK_SECRET: variable('signing secret of the Stripe webhook endpoint', '', key),
  STRIPE_WEBHOOK_SECRET_PREVIOUS: variable(
    'the Stripe signing secret before a rotation, still accepted',
    '',
    key,
  ),
  STRIPE_MERCHANT_ID: variable('Stripe account or profile that agents delegate payments to', 'acct_...', key),
  STRIPE_API_BASE: variable('where Stripe is; in sandbox mode the simulator', '', url('http:', 'https:')),
  RAZORPAY_KEY_ID: variable('Razorpay API key id', '', key),
  RAZORPAY_KEY_SECRET: variable('Razorpay API key secret', '', key),
  RAZORPAY_WEBHOOK_SECRET: variable('secret of the Razorpay webhook', '', key),
  RAZORPAY_WEBHOOK_SECRET_PREVIOUS: variable(
    'the Razorpay secret before a change: retries of older events are still signed with it',
    '',
    key,
  ),
  RAZORPAY_API_BASE: variable('where Razorpay is; in sandbox mode the simulator', '', url('http:', 'https:')),
  SMTP_URL: variable(
    'mail server for order confirmations and shipment notices; without it no e-mail is sent',
    'smtp://user:password@mail.example.com:587',
    parseSmtpUrl,
  ),
  ALLOW_TEST_PSP: variable('accept test-mode provider keys in production mode', 'false', boolean),
  TRUST_PROXY: variable('proxies to trust: a count, or addresses separated by commas', '', trustProxy),
  LOG_LEVEL: variable(
    'how much is logged',
    'info',
    oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
  ),
  LOG_FORMAT: variable('`pretty` on a terminal, else `json`', 'json', oneOf('json', 'pretty')),
} satisfies Record<string, Variable>;

export type Variables = { [K in keyof typeof variables]?: ReturnType<(typeof variables)[K]['parse']> };

const envExampleHeader = `# Every variable is optional in sandbox mode. Copy this file to .env and uncomment what you change.
# docker compose reads .env by itself; for npm start:  set -a; . ./.env; set +a; npm start
`;

/** The text of `.env.example`. */
export function renderEnvExample(): string {
  const entries = Object.entries(variables).map(
    ([name, { description, example }]) => `# ${description}\n# ${name}=${example}\n`,
  );
  return `${envExampleHeader}\n${entries.join('\n')}`;
}
