import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuditService } from '../../src/audit/audit.service.js';
import { AuditStore } from '../../src/audit/audit.store.js';
import { auditEntryView } from '../../src/audit/audit.view.js';
import { loadConfig } from '../../src/config/config.js';
import { createDataSource } from '../../src/database/data-source.js';
import { Database } from '../../src/database/database.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { runProgram } from '../support/process.js';
import { until } from '../support/wait.js';

const count = 12;

describe('npm run audit:verify', () => {
  let test: TestDatabase;
  let folder: string;
  beforeAll(async () => {
    test = await createDatabase();
    folder = await mkdtemp(join(tmpdir(), 'storekeeper-audit-'));
  });
  afterAll(async () => {
    await test.drop();
    await rm(folder, { recursive: true });
  });

  const start = (args: string[], env: NodeJS.ProcessEnv = {}) =>
    runProgram(['dist/src/cli/audit-verify.js', ...args], { DATABASE_URL: test.url, ...env });

  async function run(...args: string[]): Promise<[number | null, string]> {
    const program = start(args);
    const code = await program.exited;
    return [code, program.output()];
  }

  /** Writes entries as the shop does; returns the file of their export. */
  async function written(): Promise<string> {
    const dataSource = createDataSource({ url: test.url, poolMax: 2, entities: [] });
    const db = new Database(await dataSource.initialize());
    const audit = new AuditService(loadConfig({}));
    for (let n = 1; n <= count; n++) {
      const event = { actor: 'test', action: 'order.canceled', subject: `ord_${n}`, after: { n } };
      await db.transaction((tx) => audit.append(tx, event));
    }
    const lines: string[] = [];
    for await (const entry of new AuditStore(db).chain()) lines.push(JSON.stringify(auditEntryView(entry)));
    await dataSource.destroy();
    const file = join(folder, 'audit-log.jsonl');
    await writeFile(file, `${lines.join('\n')}\n`);
    return file;
  }

  it('says whether the log is whole, in the database and in an export, and where it is not', async () => {
    expect(await run('--help')).toEqual([0, expect.stringContaining('--expect POSITION:HASH')]);
    expect((await run('--expect', '12'))[0]).toBe(1);
    expect(await run()).toEqual([0, expect.stringContaining('0 entries')]);

    const file = await written();
    const [code, output] = await run();
    const head = /^head (12:[0-9a-f]{64})$/m.exec(output)?.[1] ?? '';
    expect([code, output]).toEqual([0, expect.stringContaining('12 entries, and each follows')]);
    expect((await run('--expect', head))[0]).toBe(0);
    // Nobody listens there: a file needs no database.
    const alone = start(['--file', file, '--expect', head], { DATABASE_URL: 'postgres://127.0.0.1:1/none' });
    expect([await alone.exited, alone.output()]).toEqual([0, expect.stringContaining(`head ${head}`)]);

    await test.query(`DELETE FROM audit_entry WHERE position = ${count}`);
    expect((await run())[0]).toBe(0);
    expect(await run('--expect', head)).toEqual([
      1,
      expect.stringMatching(/Position 12, cut off: The log ends with entry 11 \(20/),
    ]);
    await test.query(`UPDATE audit_entry SET actor = 'nobody' WHERE position = 5`);
    expect(await run()).toEqual([
      1,
      expect.stringMatching(/^4 entries[^]*Position 5, changed: Entry 5 \(order\.canceled, 20/),
    ]);

    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('"ord_7"', '"ord_8"'));
    expect(await run('--file', file)).toEqual([1, expect.stringContaining('Position 7, changed')]);
    await writeFile(file, text.slice(0, -40));
    expect(await run('--file', file)).toEqual([1, expect.stringContaining('Line 12')]);
    expect((await run('--file', join(folder, 'nothing')))[0]).toBe(1);
  });

  it('ends with 130 on Ctrl-C', async () => {
    const locked = createDataSource({ url: test.url, poolMax: 1, entities: [] });
    await locked.initialize();
    const holding = locked.createQueryRunner();
    await holding.startTransaction();
    await holding.query('LOCK TABLE audit_entry');
    const program = start([]);
    await until(
      () =>
        test.query(
          `SELECT 1 FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
        ),
      (waiting) => waiting.length > 0,
    );
    program.child.kill('SIGINT');
    // It has come in when it is pending no more and the process sleeps again, not before it was woken up by it. Were
    // the lock gone before, the check could end before it.
    await until(
      () => readFile(`/proc/${program.child.pid}/status`, 'utf8'),
      (status) => /^State:\s*S[^]*^ShdPnd:\s*0+$/m.test(status),
    );
    await holding.rollbackTransaction();
    expect(await program.exited).toBe(130);
    await holding.release();
    await locked.destroy();
  });
});
