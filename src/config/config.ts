import { resolve } from 'node:path';
import type { SmtpServer } from './smtp-url.js';
import { defaultTimings, parseTimings, type Timings } from './timings.js';
import { variables, type Variables } from './variables.js';

export type Role = 'all' | 'api' | 'worker';

/** The environment, read once. Nobody else looks at `process.env`. Also the injection token of its own value. */
export abstract class Config {
  abstract readonly sandbox: boolean;
  abstract readonly role: Role;
  abstract readonly port: number;
  abstract readonly host: string;
  /** The only port where `/admin`, `/docs` and `/metrics` are; undefined: they are at `port`. */
  abstract readonly adminPort: number | undefined;
  abstract readonly publicUrl: string;
  abstract readonly trustProxy: number | string[] | undefined;
  abstract readonly dataDir: string;
  abstract readonly database: { url?: string; directUrl?: string; poolMax: number };
  abstract readonly redisUrl: string | undefined;
  abstract readonly simulator: { port: number; runHere: boolean };
  abstract readonly bootstrapKeys: { agent?: string; admin?: string };
  abstract readonly encryptionKeys: { current: string; previous?: string };
  abstract readonly stripe: {
    secretKey?: string;
    webhookSecret?: string;
    webhookSecretPrevious?: string;
    merchantId?: string;
    apiBase?: string;
  };
  abstract readonly razorpay: {
    keyId?: string;
    keySecret?: string;
    webhookSecret?: string;
    webhookSecretPrevious?: string;
    apiBase?: string;
  };
  /** Undefined: no e-mail is sent. */
  abstract readonly smtp: SmtpServer | undefined;
  /** Whether keys of a provider's test mode are taken outside the sandbox. */
  abstract readonly allowTestPsp: boolean;
  abstract readonly log: { level: string; format: 'json' | 'pretty' };
  abstract readonly timings: Timings;
}

/** Every problem of an environment, to be shown at once. */
export class ConfigError extends Error {
  constructor(readonly problems: string[]) {
    super(`The environment is not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
  }
}

/** Well-known values of sandbox mode; production refuses every one of them. */
export const sandboxSecrets = {
  agentKey: 'agent_sandbox_key',
  adminKey: 'admin_sandbox_key',
  encryptionKey: Buffer.from('storekeeper-sandbox-settings-key').toString('base64'),
  stripeSecretKey: 'sk_test_sandbox',
  stripeWebhookSecret: 'whsec_sandbox',
  razorpayKeyId: 'rzp_test_sandbox',
  razorpayKeySecret: 'rzp_sandbox_secret',
  razorpayWebhookSecret: 'rzp_whsec_sandbox',
};

const minimumAdminKeyLength = 24;

export function loadConfig(env: NodeJS.ProcessEnv, terminal = false): Config {
  const problems: string[] = [];
  const { vars, unreadable } = parseVariables(env, problems);
  const sandbox = vars.SANDBOX ?? vars.NODE_ENV !== 'production';
  const port = vars.PORT ?? 3000;
  const simulatorPort = vars.SANDBOX_PSP_PORT ?? port + 1000;
  const publicUrl = vars.PUBLIC_URL ?? `http://localhost:${port}`;

  problems.push(...(sandbox ? sandboxProblems(vars) : productionProblems(vars, unreadable)));
  problems.push(...liveKeyOnLoopback(vars));
  if (sandbox && simulatorPort > 65_535) problems.push('SANDBOX_PSP_PORT defaults to PORT + 1000; set it');
  if (vars.ADMIN_PORT === port) problems.push('ADMIN_PORT must be another port than PORT');
  if (sandbox && vars.ADMIN_PORT === simulatorPort)
    problems.push(
      'ADMIN_PORT must be another port than SANDBOX_PSP_PORT, which is PORT + 1000 unless it is set',
    );
  let timings = defaultTimings;
  try {
    if (vars.SANDBOX_TIMINGS) timings = parseTimings(vars.SANDBOX_TIMINGS);
  } catch (error) {
    problems.push(`SANDBOX_TIMINGS ${(error as Error).message}`);
  }
  if (problems.length > 0) throw new ConfigError(problems);

  const simulatorUrl = sandbox
    ? (vars.STRIPE_API_BASE ?? vars.RAZORPAY_API_BASE ?? `http://127.0.0.1:${simulatorPort}`)
    : undefined;
  const orInSandbox = (value: string | undefined, fallback: string) =>
    value ?? (sandbox ? fallback : undefined);
  return deepFreeze({
    sandbox,
    role: vars.ROLE ?? 'all',
    port,
    adminPort: vars.ADMIN_PORT,
    host: vars.HOST ?? (sandbox ? '127.0.0.1' : '0.0.0.0'),
    publicUrl,
    trustProxy: vars.TRUST_PROXY,
    dataDir: resolve(vars.DATA_DIR ?? './data'),
    database: {
      url: vars.DATABASE_URL,
      directUrl: vars.DATABASE_DIRECT_URL ?? vars.DATABASE_URL,
      poolMax: vars.DATABASE_POOL_MAX ?? 20,
    },
    redisUrl: vars.REDIS_URL,
    simulator: {
      port: simulatorPort,
      runHere: sandbox && vars.ROLE !== 'worker' && !vars.STRIPE_API_BASE && !vars.RAZORPAY_API_BASE,
    },
    bootstrapKeys: {
      agent: orInSandbox(vars.AGENT_API_KEY, sandboxSecrets.agentKey),
      admin: orInSandbox(vars.ADMIN_API_KEY, sandboxSecrets.adminKey),
    },
    encryptionKeys: {
      current: vars.SETTINGS_ENCRYPTION_KEY ?? sandboxSecrets.encryptionKey,
      previous: vars.SETTINGS_ENCRYPTION_KEY_PREVIOUS,
    },
    stripe: {
      secretKey: orInSandbox(vars.STRIPE_SECRET_KEY, sandboxSecrets.stripeSecretKey),
      webhookSecret: orInSandbox(vars.STRIPE_WEBHOOK_SECRET, sandboxSecrets.stripeWebhookSecret),
      webhookSecretPrevious: vars.STRIPE_WEBHOOK_SECRET_PREVIOUS,
      merchantId: orInSandbox(vars.STRIPE_MERCHANT_ID, 'acct_sandbox'),
      apiBase: vars.STRIPE_API_BASE ?? simulatorUrl,
    },
    razorpay: {
      keyId: orInSandbox(vars.RAZORPAY_KEY_ID, sandboxSecrets.razorpayKeyId),
      keySecret: orInSandbox(vars.RAZORPAY_KEY_SECRET, sandboxSecrets.razorpayKeySecret),
      webhookSecret: orInSandbox(vars.RAZORPAY_WEBHOOK_SECRET, sandboxSecrets.razorpayWebhookSecret),
      webhookSecretPrevious: vars.RAZORPAY_WEBHOOK_SECRET_PREVIOUS,
      apiBase: vars.RAZORPAY_API_BASE ?? simulatorUrl,
    },
    smtp: vars.SMTP_URL,
    allowTestPsp: vars.ALLOW_TEST_PSP ?? false,
    log: { level: vars.LOG_LEVEL ?? 'info', format: vars.LOG_FORMAT ?? (terminal ? 'pretty' : 'json') },
    timings,
  });
}

/** An empty value counts as absent, as in `docker-compose.yml`, where `${X:-}` leaves one behind. */
function parseVariables(
  env: NodeJS.ProcessEnv,
  problems: string[],
): { vars: Variables; unreadable: Set<string> } {
  const parsed: Record<string, unknown> = {};
  const unreadable = new Set<string>();
  for (const [name, { parse }] of Object.entries(variables)) {
    const text = env[name];
    if (text === undefined || text === '') continue;
    try {
      parsed[name] = parse(text);
    } catch (error) {
      problems.push(`${name} ${(error as Error).message}`);
      unreadable.add(name);
    }
  }
  return { vars: parsed, unreadable };
}

function sandboxProblems(vars: Variables): string[] {
  const live =
    'is a live key, and this is sandbox mode, where everybody knows the keys; set NODE_ENV=production';
  return [
    isLive(vars.STRIPE_SECRET_KEY) && `STRIPE_SECRET_KEY ${live}`,
    isLive(vars.RAZORPAY_KEY_ID) && `RAZORPAY_KEY_ID ${live}`,
  ].filter((problem) => problem !== false);
}

/** What could not be read has been named already and is not called missing as well. */
function productionProblems(vars: Variables, unreadable: Set<string>): string[] {
  const known = new Set(Object.values(sandboxSecrets));
  const secrets = Object.entries(vars).filter(([, value]) => typeof value === 'string' && known.has(value));
  const missing = (
    ['DATABASE_URL', 'SETTINGS_ENCRYPTION_KEY', 'ADMIN_API_KEY', 'PUBLIC_URL'] as const
  ).filter((name) => vars[name] === undefined && !unreadable.has(name));
  const admin = vars.ADMIN_API_KEY;
  const testKey = 'is a test-mode key; set ALLOW_TEST_PSP=true to allow it in production mode';
  return [
    ...missing.map((name) => `${name} is required in production mode`),
    admin &&
      admin.length < minimumAdminKeyLength &&
      `ADMIN_API_KEY needs ${minimumAdminKeyLength} characters or more`,
    ...secrets.map(([name]) => `${name} is a well-known sandbox value`),
    isLoopback(vars.PUBLIC_URL) && 'PUBLIC_URL must not be a loopback address in production mode',
    vars.SANDBOX_TIMINGS && 'SANDBOX_TIMINGS is for sandbox mode only',
    !vars.ALLOW_TEST_PSP &&
      /^(sk|rk)_test_/.test(vars.STRIPE_SECRET_KEY ?? '') &&
      `STRIPE_SECRET_KEY ${testKey}`,
    !vars.ALLOW_TEST_PSP && vars.RAZORPAY_KEY_ID?.startsWith('rzp_test_') && `RAZORPAY_KEY_ID ${testKey}`,
  ].filter((problem): problem is string => typeof problem === 'string' && problem !== '');
}

/** A live key must never travel to something that only pretends to be the provider. */
function liveKeyOnLoopback(vars: Variables): string[] {
  return [
    isLive(vars.STRIPE_SECRET_KEY) &&
      isLoopback(vars.STRIPE_API_BASE) &&
      'STRIPE_API_BASE is loopback with a live key',
    isLive(vars.RAZORPAY_KEY_ID) &&
      isLoopback(vars.RAZORPAY_API_BASE) &&
      'RAZORPAY_API_BASE is loopback with a live key',
  ].filter((problem) => typeof problem === 'string');
}

export const isLive = (key: string | undefined): boolean => /^(sk|rk|rzp)_live_/.test(key ?? '');

export const isTestKey = (key: string | undefined): boolean => /^(sk|rk|rzp)_test_/.test(key ?? '');

/** In every spelling that leads back to this machine; `URL` has already made 127.1 and 0x7f000001 into 127.0.0.1. */
export function isLoopback(url: string | undefined): boolean {
  const host = url && URL.canParse(url) ? new URL(url).hostname : '';
  return /^(.*\.)?localhost\.?$|^127(\.\d+){3}$|^0\.0\.0\.0$|^\[::1?\]$|^\[::ffff:7f/.test(host);
}

function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value))
    if (typeof inner === 'object' && inner !== null) deepFreeze(inner as object);
  return Object.freeze(value);
}
