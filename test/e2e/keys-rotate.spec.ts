import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/config.js';
import { SecretBox } from '../../src/settings/secret-box.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { runProgram } from '../support/process.js';

const key = (fill: number): string => Buffer.alloc(32, fill).toString('base64');

describe('npm run keys:rotate', () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await createDatabase();
  });
  afterAll(() => db.drop());

  async function run(
    args: string[],
    env: NodeJS.ProcessEnv,
  ): Promise<{ code: number | null; output: string }> {
    const program = runProgram(['dist/src/cli/keys-rotate.js', ...args], { DATABASE_URL: db.url, ...env });
    const code = await program.exited;
    return { code, output: program.output() };
  }
  const sealed = (fill: number): string =>
    new SecretBox(loadConfig({ SETTINGS_ENCRYPTION_KEY: key(fill) })).encrypt(
      'x',
      'payments.stripe.secretKey',
    );
  const set = (values: object): Promise<unknown> =>
    db.query(
      `INSERT INTO setting VALUES ('payments.stripe', 1, $1, now(), 'test')
       ON CONFLICT (namespace) DO UPDATE SET "values" = excluded."values"`,
      [values],
    );

  it('says what it does, did, and could not do', async () => {
    const help = await run(['--help'], {});
    expect([help.code, help.output]).toEqual([
      0,
      expect.stringContaining('SETTINGS_ENCRYPTION_KEY_PREVIOUS'),
    ]);
    expect((await run(['all'], {})).code).toBe(1);

    await set({ secretKey: sealed(1) });
    const both = { SETTINGS_ENCRYPTION_KEY: key(2), SETTINGS_ENCRYPTION_KEY_PREVIOUS: key(1) };
    const first = await run([], both);
    expect([first.code, first.output]).toEqual([
      0,
      expect.stringContaining('setting.values: 1 re-encrypted'),
    ]);
    const again = await run([], both);
    expect([again.code, again.output]).toEqual([0, expect.stringContaining('0 re-encrypted in all')]);
    expect(await db.query('SELECT action, actor FROM audit_entry')).toEqual([
      { action: 'encryption_key.rotated', actor: 'cli' },
    ]);

    await set({ secretKey: sealed(3) });
    const lost = await run([], { SETTINGS_ENCRYPTION_KEY: key(2) });
    expect([lost.code, lost.output]).toEqual([
      0,
      expect.stringMatching(
        /PREVIOUS is not set[^]*1 that no key can read[^]*setting\.values of payments\.stripe/,
      ),
    ]);
  });
});
