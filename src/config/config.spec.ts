import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig, sandboxSecrets } from './config.js';
import { defaultTimings } from './timings.js';
import { renderEnvExample, variables } from './variables.js';

/** What a production shop needs at the least. */
const production = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://shop:secret@db.internal/shop',
  PUBLIC_URL: 'https://shop.example',
  ADMIN_API_KEY: 'a-key-of-twenty-four-ch.',
  SETTINGS_ENCRYPTION_KEY: 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=',
};

function problemsOf(env: NodeJS.ProcessEnv): string[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe('.env.example', () => {
  it('is what the list of variables renders', () => {
    const file = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
    expect(file).toBe(renderEnvExample());
  });

  it('names every variable once, commented out', () => {
    const named = [...renderEnvExample().matchAll(/^# ([A-Z_]+)=/gm)].map(([, name]) => name);
    expect(named).toEqual(Object.keys(variables));
    expect(renderEnvExample()).not.toMatch(/^[^#\n]/m);
  });
});

describe('the environment', () => {
  it('is told everything that is wrong at once', () => {
    const problems = problemsOf({
      PORT: 'http',
      HOST: 'localhost',
      DATABASE_URL: 'mysql://db/shop',
      DATABASE_POOL_MAX: '1',
      REDIS_URL: 'localhost:6379',
      ROLE: 'boss',
      SANDBOX: 'yes',
      PUBLIC_URL: 'shop.example',
      ADMIN_API_KEY: 'with space',
      SETTINGS_ENCRYPTION_KEY: 'short',
      LOG_LEVEL: 'loud',
      SANDBOX_TIMINGS: 'fast',
    });
    expect(problems.map((problem) => problem.split(' ')[0]).sort()).toEqual([
      'ADMIN_API_KEY',
      'DATABASE_POOL_MAX',
      'DATABASE_URL',
      'LOG_LEVEL',
      'PORT',
      'PUBLIC_URL',
      'REDIS_URL',
      'ROLE',
      'SANDBOX',
      'SANDBOX_TIMINGS',
      'SETTINGS_ENCRYPTION_KEY',
    ]);
  });

  it('names one problem per variable and never its value', () => {
    const problems = problemsOf({
      NODE_ENV: 'production',
      DATABASE_URL: 'mysql://a:hush@b/c',
      ADMIN_API_KEY: 'a hush',
    });
    expect(problems.filter((problem) => problem.startsWith('DATABASE_URL'))).toHaveLength(1);
    expect(problems.filter((problem) => problem.startsWith('ADMIN_API_KEY'))).toHaveLength(1);
    expect(problems.join()).not.toContain('hush');
  });

  it('takes an empty value for an absent one', () => {
    expect(loadConfig({ PORT: '', DATABASE_URL: '', SANDBOX_TIMINGS: '' }).port).toBe(3000);
  });

  it('cannot be changed once it is read', () => {
    const config = loadConfig({});
    expect(() => Object.assign(config.stripe, { secretKey: 'sk_live_x' })).toThrow(TypeError);
  });
});

describe('sandbox mode', () => {
  it('needs nothing set', () => {
    expect(loadConfig({})).toMatchObject({
      sandbox: true,
      role: 'all',
      port: 3000,
      host: '127.0.0.1',
      publicUrl: 'http://localhost:3000',
      dataDir: `${process.cwd()}/data`,
      database: { url: undefined, directUrl: undefined, poolMax: 20 },
      redisUrl: undefined,
      simulator: { port: 4000, runHere: true },
      bootstrapKeys: { agent: 'agent_sandbox_key', admin: 'admin_sandbox_key' },
      stripe: {
        secretKey: 'sk_test_sandbox',
        webhookSecret: 'whsec_sandbox',
        apiBase: 'http://127.0.0.1:4000',
      },
      razorpay: {
        keyId: 'rzp_test_sandbox',
        keySecret: 'rzp_sandbox_secret',
        webhookSecret: 'rzp_whsec_sandbox',
        apiBase: 'http://127.0.0.1:4000',
      },
      log: { level: 'info', format: 'json' },
      timings: defaultTimings,
    });
  });

  it('encrypts with a well-known key of 32 bytes', () => {
    const { current } = loadConfig({}).encryptionKeys;
    expect(Buffer.from(current, 'base64')).toHaveLength(32);
    expect(loadConfig({ SETTINGS_ENCRYPTION_KEY: current }).encryptionKeys.current).toBe(current);
  });

  it('is on unless NODE_ENV is production, and SANDBOX has the last word', () => {
    expect(loadConfig({ NODE_ENV: 'development' }).sandbox).toBe(true);
    expect(loadConfig({ NODE_ENV: 'production', SANDBOX: 'true' }).sandbox).toBe(true);
    expect(loadConfig(production).sandbox).toBe(false);
    expect(problemsOf({ SANDBOX: 'false' })).toContain('DATABASE_URL is required in production mode');
  });

  it('moves the simulator and the public address with the port', () => {
    const config = loadConfig({ PORT: '8080' });
    expect(config.publicUrl).toBe('http://localhost:8080');
    expect(config.simulator.port).toBe(9080);
    expect(problemsOf({ PORT: '65000' })).toEqual(['SANDBOX_PSP_PORT defaults to PORT + 1000; set it']);
  });

  it('prints for people on a terminal', () => {
    expect(loadConfig({}, true).log.format).toBe('pretty');
    expect(loadConfig({ LOG_FORMAT: 'json' }, true).log.format).toBe('json');
  });

  it.each(['STRIPE_API_BASE', 'RAZORPAY_API_BASE'])('sends both providers to %s alone', (name) => {
    const config = loadConfig({ [name]: 'http://127.0.0.1:4100/' });
    expect(config.stripe.apiBase).toBe('http://127.0.0.1:4100');
    expect(config.razorpay.apiBase).toBe('http://127.0.0.1:4100');
    expect(config.simulator.runHere).toBe(false);
  });

  it('leaves the simulator of a worker to the process that serves HTTP', () => {
    expect(loadConfig({ ROLE: 'worker' }).simulator.runHere).toBe(false);
    expect(loadConfig({ ROLE: 'api' }).simulator.runHere).toBe(true);
  });

  it.each([
    ['STRIPE_SECRET_KEY', 'sk_live_x'],
    ['STRIPE_SECRET_KEY', 'rk_live_x'],
    ['RAZORPAY_KEY_ID', 'rzp_live_x'],
  ])('refuses a live %s (%s)', (name, key) => {
    expect(problemsOf({ [name]: key })).toEqual([
      expect.stringMatching(new RegExp(`^${name} is a live key`)),
    ]);
  });
});

describe('production mode', () => {
  it('starts with the least it needs, on every address, with no sandbox value', () => {
    const config = loadConfig(production);
    expect(config).toMatchObject({
      sandbox: false,
      host: '0.0.0.0',
      database: { url: production.DATABASE_URL, directUrl: production.DATABASE_URL },
      simulator: { runHere: false },
    });
    const values = JSON.stringify(config);
    for (const secret of Object.values(sandboxSecrets)) expect(values).not.toContain(secret);
  });

  it.each(['DATABASE_URL', 'SETTINGS_ENCRYPTION_KEY', 'ADMIN_API_KEY', 'PUBLIC_URL'])(
    'refuses without %s',
    (name) => {
      expect(problemsOf({ ...production, [name]: undefined })).toEqual([
        `${name} is required in production mode`,
      ]);
    },
  );

  it('names all that is missing at once', () => {
    expect(problemsOf({ NODE_ENV: 'production' })).toHaveLength(4);
  });

  it('refuses an admin key of less than 24 characters', () => {
    expect(problemsOf({ ...production, ADMIN_API_KEY: production.ADMIN_API_KEY.slice(1) })).toEqual([
      'ADMIN_API_KEY needs 24 characters or more',
    ]);
  });

  it.each([
    ['AGENT_API_KEY', sandboxSecrets.agentKey],
    ['ADMIN_API_KEY', sandboxSecrets.adminKey],
    ['SETTINGS_ENCRYPTION_KEY', sandboxSecrets.encryptionKey],
    ['SETTINGS_ENCRYPTION_KEY_PREVIOUS', sandboxSecrets.encryptionKey],
    ['STRIPE_SECRET_KEY', sandboxSecrets.stripeSecretKey],
    ['STRIPE_WEBHOOK_SECRET', sandboxSecrets.stripeWebhookSecret],
    ['RAZORPAY_KEY_ID', sandboxSecrets.razorpayKeyId],
    ['RAZORPAY_KEY_SECRET', sandboxSecrets.razorpayKeySecret],
    ['RAZORPAY_WEBHOOK_SECRET', sandboxSecrets.razorpayWebhookSecret],
  ])('refuses the sandbox value of %s, test keys allowed or not', (name, value) => {
    const problems = problemsOf({ ...production, ALLOW_TEST_PSP: 'true', [name]: value });
    expect(problems).toContain(`${name} is a well-known sandbox value`);
  });

  it.each([
    'http://localhost:3000',
    'http://LOCALHOST.',
    'http://shop.localhost',
    'http://127.0.0.1',
    'http://127.1',
    'http://2130706433',
    'http://0.0.0.0:3000',
    'http://[::1]:3000',
    'http://[::ffff:127.0.0.1]',
  ])('refuses the loopback PUBLIC_URL %s', (url) => {
    expect(problemsOf({ ...production, PUBLIC_URL: url })).toEqual([
      'PUBLIC_URL must not be a loopback address in production mode',
    ]);
  });

  it.each(['https://127.example', 'https://localhost.example', 'https://[2001:db8::1]'])(
    'takes the PUBLIC_URL %s',
    (url) => {
      expect(problemsOf({ ...production, PUBLIC_URL: url })).toEqual([]);
    },
  );

  it.each([
    ['STRIPE_SECRET_KEY', 'sk_test_x'],
    ['STRIPE_SECRET_KEY', 'rk_test_x'],
    ['RAZORPAY_KEY_ID', 'rzp_test_x'],
  ])('refuses a test-mode %s (%s) unless ALLOW_TEST_PSP is true', (name, key) => {
    expect(problemsOf({ ...production, [name]: key })).toEqual([
      expect.stringMatching(new RegExp(`^${name} is a test-mode key`)),
    ]);
    expect(problemsOf({ ...production, [name]: key, ALLOW_TEST_PSP: 'true' })).toEqual([]);
  });

  it('takes live keys, but not to a provider on this machine', () => {
    const live = { ...production, STRIPE_SECRET_KEY: 'sk_live_x', RAZORPAY_KEY_ID: 'rzp_live_x' };
    const here = 'http://127.0.0.1:4000';
    expect(problemsOf(live)).toEqual([]);
    expect(problemsOf({ ...live, STRIPE_API_BASE: here, RAZORPAY_API_BASE: here })).toEqual([
      'STRIPE_API_BASE is loopback with a live key',
      'RAZORPAY_API_BASE is loopback with a live key',
    ]);
  });

  it('refuses SANDBOX_TIMINGS', () => {
    expect(problemsOf({ ...production, SANDBOX_TIMINGS: '{}' })).toEqual([
      'SANDBOX_TIMINGS is for sandbox mode only',
    ]);
  });
});

describe('SANDBOX_TIMINGS', () => {
  const problemOf = (timings: unknown): string | undefined =>
    problemsOf({ SANDBOX_TIMINGS: typeof timings === 'string' ? timings : JSON.stringify(timings) })[0];

  it('overrides what it names and leaves the rest', () => {
    const config = loadConfig({ SANDBOX_TIMINGS: '{"claimLeaseMs": 500}' });
    expect(config.timings).toEqual({ ...defaultTimings, claimLeaseMs: 500 });
  });

  it.each(['{', 'null', '[]', '5', '"fast"'])('refuses %s, which is no JSON object', (json) => {
    expect(problemOf(json)).toMatch(/^SANDBOX_TIMINGS (is not JSON|must be a JSON object)$/);
  });

  it.each<unknown>([{ claimLease: 5 }, { toString: 5 }, '{"__proto__": 5}'])(
    'refuses the unknown name of %j',
    (timings) => {
      expect(problemOf(timings)).toMatch(/^SANDBOX_TIMINGS knows no ".*"; it takes claimLeaseMs, /);
    },
  );

  it.each([0, -1, 1.5, '500', null, true])('refuses %j for a number of milliseconds', (value) => {
    expect(problemOf({ claimLeaseMs: value })).toMatch(
      /wants a positive number of milliseconds for "claimLeaseMs"/,
    );
  });

  it('refuses a lease that ends before the charge made under it', () => {
    expect(problemOf({ attemptLeaseMs: 100, chargeDeadlineMs: 100 })).toMatch(
      /wants attemptLeaseMs above chargeDeadlineMs/,
    );
    expect(problemOf({ attemptLeaseMs: 101, chargeDeadlineMs: 100 })).toBeUndefined();
  });
});

describe('what is easily set wrong', () => {
  it.each(['1', '10.0.0.1', '10.0.0.0/8, fd00::/8', 'loopback'])('takes TRUST_PROXY=%s', (TRUST_PROXY) => {
    expect(() => loadConfig({ TRUST_PROXY })).not.toThrow();
  });

  it.each(['foo', '10.0.0.0/33', '10.0.0.1/8/8', 'true'])(
    'refuses TRUST_PROXY=%s with the others',
    (TRUST_PROXY) => {
      expect(() => loadConfig({ TRUST_PROXY, PORT: 'x' })).toThrow(/PORT must.*TRUST_PROXY must/s);
    },
  );

  it('takes an ADMIN_PORT that nobody else has', () => {
    expect(loadConfig({}).adminPort).toBeUndefined();
    expect(loadConfig({ ADMIN_PORT: '3001' }).adminPort).toBe(3001);
    expect(problemsOf({ ADMIN_PORT: '3000' })).toEqual(['ADMIN_PORT must be another port than PORT']);
    expect(problemsOf({ ADMIN_PORT: '4000' })).toEqual([
      'ADMIN_PORT must be another port than SANDBOX_PSP_PORT, which is PORT + 1000 unless it is set',
    ]);
    expect(problemsOf({ ADMIN_PORT: 'office' })).toEqual([
      'ADMIN_PORT must be a whole number from 1 to 65535',
    ]);
  });
});
