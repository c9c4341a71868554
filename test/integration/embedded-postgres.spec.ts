import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import ts from 'typescript';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  joinEmbeddedPostgres,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '../../src/database/embedded-postgres.js';
import { binariesIn, findBinaries, restoreLibraryLinks } from '../../src/database/embedded/binaries.js';
import { processIdentity } from '../../src/database/embedded/process-identity.js';

const isRoot = process.getuid?.() === 0;
const root = join(import.meta.dirname, '..', '..');

let workDir: string;
let ownerProgram: string;
let dataDir: string;
const running: EmbeddedPostgres[] = [];
const children: ChildProcess[] = [];

beforeAll(async () => {
  workDir = await mkdtemp(join(tmpdir(), 'embedded-postgres-'));
  await chmod(workDir, 0o755);
  ownerProgram = await compileOwnerProgram(join(workDir, 'program'));
});

afterAll(() => rm(workDir, { recursive: true, force: true }));

afterEach(async () => {
  for (const child of children.splice(0)) await kill(child);
  for (const database of running.splice(0)) await database.stop();
  // What a killed child has left running is stopped by the next owner.
  if (existsSync(join(dataDir, 'postgres', 'postmaster.pid')))
    await (await startEmbeddedPostgres({ dataDir })).stop();
});

describe('an embedded PostgreSQL', { timeout: 60_000 }, () => {
  it('is created on the first start and durable, local, UTF-8 and entered with a password only', async () => {
    const database = await start(await freshDataDir());
    const settings = await rows(
      database.url,
      `SELECT name, setting FROM pg_settings
       WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit', 'listen_addresses', 'server_encoding', 'max_connections')`,
    );
    expect(Object.fromEntries(settings.map(({ name, setting }) => [name, setting]))).toEqual({
      fsync: 'on',
      full_page_writes: 'on',
      synchronous_commit: 'on',
      listen_addresses: '127.0.0.1',
      server_encoding: 'UTF8',
      max_connections: '200',
    });
    expect(database.url).toMatch(/^postgres:\/\/storekeeper:[0-9a-f]{48}@127\.0\.0\.1:\d+\/storekeeper$/);
    await expect(rows(database.url.replace(/:[0-9a-f]{48}@/, ':wrong@'), 'SELECT 1')).rejects.toThrow(
      /password/,
    );
  });

  it('keeps its password from other users and from the log', async () => {
    const database = await start(await freshDataDir());
    const { password } = new URL(database.url);
    expect((await stat(join(dataDir, 'postgres.password'))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(dataDir, 'postgres.log'), 'utf8')).not.toContain(password);
  });

  it('gives the application a role that owns the database and is no superuser', async () => {
    const database = await start(await freshDataDir());
    const [role] = await rows(
      database.url,
      'SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user',
    );
    expect(role).toEqual({ rolsuper: false, rolcreatedb: true });
    await expect(rows(database.url.replace(/storekeeper:[^@]+/, 'postgres'), 'SELECT 1')).rejects.toThrow(
      /pg_hba/,
    );
  });

  it('never writes the text or the values of a statement to its log', async () => {
    const database = await start(await freshDataDir());
    await rows(database.url, 'CREATE TABLE buyer (email text UNIQUE)');
    await rows(database.url, `INSERT INTO buyer VALUES ('ada@example.com')`);
    await expect(rows(database.url, `INSERT INTO buyer VALUES ('ada@example.com')`)).rejects.toThrow(
      /duplicate/,
    );
    expect(await readFile(join(dataDir, 'postgres.log'), 'utf8')).not.toContain('ada@example.com');
  });

  it('keeps its data over a restart', async () => {
    const first = await start(await freshDataDir());
    await insertNote(first.url, 'kept');
    await first.stop();
    const second = await start(dataDir);
    expect(await readNotes(second.url)).toEqual(['kept']);
  });

  it('brings back a database that was dropped', async () => {
    const first = await start(await freshDataDir());
    await rows(first.url.replace(/storekeeper$/, 'postgres'), 'DROP DATABASE storekeeper');
    await first.stop();
    const second = await start(dataDir);
    expect(await rows(second.url, 'SELECT current_database() AS name')).toEqual([{ name: 'storekeeper' }]);
  });

  it('sets a new password when the file with the old one is gone', async () => {
    const first = await start(await freshDataDir());
    await insertNote(first.url, 'kept');
    await first.stop();
    await unlink(join(dataDir, 'postgres.password'));
    const second = await start(dataDir);
    expect(new URL(second.url).password).not.toBe(new URL(first.url).password);
    expect(await readNotes(second.url)).toEqual(['kept']);
  });

  it('outlives a Ctrl-C that reaches the whole process group of its owner', async () => {
    const owner = spawnOwner('start', await freshDataDir(), { detached: true });
    const { url } = await owner.ready;
    process.kill(-owner.child.pid!, 'SIGINT');
    await delay(300); // nothing is expected to happen, so there is nothing to wait for
    expect(await rows(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});

describe('the owner of a DATA_DIR', { timeout: 60_000 }, () => {
  it('is alone: a second live process is refused in one sentence with its pid and DATABASE_URL', async () => {
    const owner = spawnOwner('start', await freshDataDir());
    await owner.ready;
    const refusal = await startEmbeddedPostgres({ dataDir }).catch((error: Error) => error.message);
    expect(refusal).toContain('DATABASE_URL');
    expect(refusal).toContain(`process ${owner.child.pid}`);
    expect(refusal).not.toContain('\n');
  });

  it('is one of five that start at once, on an empty directory and after a crash', async () => {
    await freshDataDir();
    for (const round of ['empty', 'after a crash']) {
      const starters = Array.from({ length: 5 }, () => spawnOwner('start', dataDir));
      const outcomes = await Promise.allSettled(starters.map(({ ready }) => ready));
      const winner = starters.find((_, index) => outcomes[index]?.status === 'fulfilled');
      const refusals = outcomes.flatMap((outcome) =>
        outcome.status === 'rejected' ? [String(outcome.reason)] : [],
      );
      expect(refusals, round).toHaveLength(4);
      for (const refusal of refusals) expect(refusal, round).toContain(`process ${winner?.child.pid}`);
      await kill(winner!.child);
    }
  });

  it('is succeeded after kill -9 without losing what it had committed', async () => {
    const owner = spawnOwner('start', await freshDataDir());
    const { url } = await owner.ready;
    await insertNote(url, 'committed');
    await kill(owner.child);
    expect(await readNotes(url)).toEqual(['committed']); // PostgreSQL runs on, an orphan
    const successor = await start(dataDir);
    expect(await readNotes(successor.url)).toEqual(['committed']);
    await expect(rows(url, 'SELECT 1')).rejects.toThrow(/ECONNREFUSED/);
  });

  it('is succeeded when it was killed in the middle of creating the cluster', async () => {
    await killWhileCreating();
    const successor = await start(dataDir);
    expect(await rows(successor.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect((await readdir(dataDir)).filter((name) => name.includes('.new-'))).toEqual([]);
  });

  it('is not a process that merely has the pid of a dead one', async () => {
    await freshDataDir();
    await mkdir(join(dataDir, 'owner'), { recursive: true });
    const record = { pid: process.pid, identity: `${processIdentity(process.pid)}0` };
    await writeFile(join(dataDir, 'owner', '7.json'), JSON.stringify(record));
    await start(dataDir);
    expect(await readdir(join(dataDir, 'owner'))).toEqual(['8.json']);
  });

  it('ignores a postmaster.pid whose pid now belongs to another program', async () => {
    const first = await start(await freshDataDir());
    await first.stop();
    const stranger = spawn('sleep', ['60']);
    children.push(stranger);
    const lines = [stranger.pid, join(dataDir, 'postgres'), 1, 1, '', '127.0.0.1', '', 'ready', ''];
    await writeFile(join(dataDir, 'postgres', 'postmaster.pid'), lines.join('\n'));
    await start(dataDir);
    expect(processIdentity(stranger.pid!)).toBeDefined();
  });
});

describe('a visitor of a DATA_DIR', { timeout: 60_000 }, () => {
  it('uses the cluster of a live owner, even one that is still starting, and leaves it running', async () => {
    const owner = spawnOwner('start', await freshDataDir());
    await until(() => existsSync(join(dataDir, 'owner', '1.json')));
    const visitor = await joinEmbeddedPostgres({ dataDir });
    await visitor.stop();
    const { url } = await owner.ready;
    expect(visitor.url).toBe(url);
    expect(await rows(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('becomes the owner when there is none', async () => {
    const visitor = await joinEmbeddedPostgres({ dataDir: await freshDataDir() });
    running.push(visitor);
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(/in use/);
    await visitor.stop();
    await expect(rows(visitor.url, 'SELECT 1')).rejects.toThrow(/ECONNREFUSED/);
  });
});

describe('what cannot be started', { timeout: 60_000 }, () => {
  it('is refused when the cluster is of another major version, naming both', async () => {
    const first = await start(await freshDataDir());
    await first.stop();
    const versionFile = join(dataDir, 'postgres', 'PG_VERSION');
    await writeFile(versionFile, '15\n');
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(
      /PostgreSQL 15.*PostgreSQL 18.*DATABASE_URL/,
    );
    await writeFile(versionFile, '18\n');
    await start(dataDir); // the refusal gave DATA_DIR back
  });

  it('is refused when the folder of the cluster holds something else', async () => {
    await mkdir(join(await freshDataDir(), 'postgres'), { recursive: true });
    await writeFile(join(dataDir, 'postgres', 'holiday.jpg'), '');
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(/no PostgreSQL cluster/);
    await rm(join(dataDir, 'postgres'), { recursive: true });
  });

  it('is told with the end of PostgreSQL’s own log', async () => {
    const first = await start(await freshDataDir());
    await first.stop();
    await writeFile(join(dataDir, 'postgres', 'postgresql.auto.conf'), 'no_such_setting = 1\n');
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(/no_such_setting/);
  });
});

describe('the installed programs', { timeout: 60_000 }, () => {
  it('get the library links that npm leaves out with install scripts, also from two starters at once', async () => {
    const nativeDir = await copyPrograms(join(workDir, 'healed'));
    const list = JSON.parse(await readFile(join(nativeDir, 'pg-symlinks.json'), 'utf8')) as {
      target: string;
    }[];
    const links = list.map(({ target }) => join(dirname(nativeDir), target));
    for (const link of links) await unlink(link);
    await symlink('gone.so', links[0]!); // a dangling one is replaced
    await Promise.all([restoreLibraryLinks(nativeDir), restoreLibraryLinks(nativeDir)]);
    for (const link of links) expect((await stat(link)).isFile()).toBe(true);
    expect((await readdir(join(nativeDir, 'lib'))).filter((name) => /[0-9a-f]{8}-/.test(name))).toEqual([]);
    const database = await start(await freshDataDir(), binariesIn(nativeDir));
    expect(await rows(database.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('run for root below a directory that only root may enter, its mode untouched', async (context) => {
    context.skip(!isRoot, 'needs root: only root runs PostgreSQL as another user');
    context.skip(!existsSync('/usr/bin/setpriv'), 'needs setpriv (util-linux)');
    const closed = await mkdtemp(join(workDir, 'closed-'));
    const nativeDir = await copyPrograms(join(closed, 'programs'));
    dataDir = join(closed, 'data');
    const first = await start(dataDir, binariesIn(nativeDir));
    await insertNote(first.url, 'kept');
    await first.stop();
    const second = await start(dataDir, binariesIn(nativeDir));
    expect(await readNotes(second.url)).toEqual(['kept']);
    expect((await stat(closed)).mode & 0o777).toBe(0o700);
    expect((await stat(join(dataDir, 'postgres'))).uid).not.toBe(0);
  });

  it('run for root when only the owner of node_modules may read and run them', async (context) => {
    context.skip(!isRoot, 'needs root: only root runs PostgreSQL as another user');
    context.skip(!existsSync('/usr/bin/setpriv'), 'needs setpriv (util-linux)');
    const nativeDir = await copyPrograms(join(workDir, 'private'));
    const binaries = binariesIn(nativeDir);
    for (const program of [binaries.postgres, binaries.initdb]) await chmod(program, 0o700);
    const database = await start(await freshDataDir(), binaries);
    expect(await rows(database.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});

async function freshDataDir(): Promise<string> {
  dataDir = join(await mkdtemp(join(workDir, 'case-')), 'data');
  await chmod(dirname(dataDir), 0o755);
  return dataDir;
}

async function start(folder: string, binaries?: ReturnType<typeof binariesIn>): Promise<EmbeddedPostgres> {
  const database = await startEmbeddedPostgres({ dataDir: folder, binaries });
  running.push(database);
  return database;
}

async function copyPrograms(target: string): Promise<string> {
  const { nativeDir } = await findBinaries();
  await cp(dirname(nativeDir), target, { recursive: true, verbatimSymlinks: true });
  return join(target, basename(nativeDir));
}

async function rows(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined); // the server may go while we are connected
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function insertNote(url: string, text: string): Promise<void> {
  await rows(url, 'CREATE TABLE IF NOT EXISTS note (text text)');
  await rows(url, `INSERT INTO note VALUES ('${text}')`);
}

const readNotes = async (url: string) => (await rows(url, 'SELECT text FROM note')).map(({ text }) => text);

/** A process of its own that starts or joins the cluster of `folder` and stays; `ready` rejects with its refusal. */
function spawnOwner(mode: 'start' | 'join', folder: string, options: { detached?: boolean } = {}) {
  const child = spawn(process.execPath, [ownerProgram, mode, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
    ...options,
  });
  children.push(child);
  const ready = once(createInterface({ input: child.stdout }), 'line').then(([line]) => {
    const answer = JSON.parse(String(line)) as { url: string; refusal?: string };
    if (answer.refusal) throw new Error(answer.refusal);
    return answer;
  });
  return { child, ready };
}

/** An owner that had begun to create the cluster of `dataDir`; another one if it had ended while we were not looking. */
async function killWhileCreating(): Promise<void> {
  const owner = spawnOwner('start', await freshDataDir());
  owner.ready.catch(() => undefined);
  await until(async () => (await readdir(dataDir)).some((name) => name.startsWith('postgres')));
  await kill(owner.child);
  if (!existsSync(join(dataDir, 'postgres'))) return;
  await (await startEmbeddedPostgres({ dataDir })).stop();
  await killWhileCreating();
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    try {
      if (await condition()) return;
    } catch {
      // the directory that the condition looks at does not exist yet
    }
    if (Date.now() > deadline) throw new Error('The condition did not come true.');
    await delay(2);
  }
}

/** Node runs no TypeScript here, so a child process gets the sources compiled file by file. */
async function compileOwnerProgram(folder: string): Promise<string> {
  await mkdir(join(folder, 'embedded'), { recursive: true });
  const sources = join(root, 'src', 'database');
  const embedded = (await readdir(join(sources, 'embedded'))).filter((name) => /(?<!\.spec)\.ts$/.test(name));
  for (const file of ['embedded-postgres.ts', ...embedded.map((name) => join('embedded', name))]) {
    const { outputText } = ts.transpileModule(await readFile(join(sources, file), 'utf8'), {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
    });
    await writeFile(join(folder, file.replace(/\.ts$/, '.js')), outputText);
  }
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  const modules = createRequire(import.meta.url).resolve('pg/package.json');
  await symlink(join(dirname(modules), '..'), join(folder, 'node_modules'));
  await writeFile(
    join(folder, 'owner.js'),
    `import * as embedded from './embedded-postgres.js';
    const [mode, dataDir] = process.argv.slice(2);
    process.on('SIGINT', () => {});
    setInterval(() => {}, 1000);
    try {
      const { url } = await embedded[mode + 'EmbeddedPostgres']({ dataDir });
      console.log(JSON.stringify({ url }));
    } catch (error) {
      console.log(JSON.stringify({ refusal: error.message }));
      process.exit(1);
    }`,
  );
  return join(folder, 'owner.js');
}
