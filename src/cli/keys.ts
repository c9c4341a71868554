import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { type ApiKeySummary, ApiKeysService } from '../access/api-keys.service.js';
import { type Scope, scopes } from '../access/scopes.js';
import { AuditService } from '../audit/audit.service.js';
import { loadConfig } from '../config/config.js';
import { Database } from '../database/database.js';
import { Notifications } from '../database/notifications.js';
import { openDatabase } from '../database/open-database.js';
import { entities } from '../entities.js';
import { runTool, ToolError } from './tool.js';

const help = `Makes, lists and revokes API keys. Works beside a running server, which follows within two seconds.

  npm run keys -- create --name NAME [--scope SCOPE]... [--agent AGENT_ID] [--expires DATE]
  npm run keys -- list
  npm run keys -- revoke KEY_ID

  --name NAME       what people call the key
  --scope SCOPE     agent (the default): the protocol; admin: everything under /admin;
                    admin:read: the same without changing anything; may be given more than once
  --agent AGENT_ID  a further key of this agent, as "list" names it; without it a new agent is made
  --expires DATE    2027-01-31 (its first moment, UTC) or 2027-01-31T18:00:00Z

The key is printed once, on a line of its own; only its hash is kept.
DATABASE_URL or DATA_DIR name the database, as for the server.
`;

const actor = 'cli';
const generatedKeyPrefix = 'stk_';

await runTool(help, async (args) => {
  const [command, ...rest] = args;
  const run = commandNamed(command, rest);
  const config = loadConfig(process.env);
  const database = await openDatabase(config, entities, {
    visitor: true,
    log: (message) => console.error(message),
  });
  try {
    const db = new Database(database.dataSource);
    await run(new ApiKeysService(db, new AuditService(config), new Notifications(database.directUrl)), db);
  } finally {
    await database.close();
  }
});

type Run = (keys: ApiKeysService, db: Database) => Promise<void>;

/** Reads the whole command line first: a mistake in it opens no database. */
function commandNamed(command: string | undefined, args: string[]): Run {
  switch (command) {
    case 'create':
      return create(args);
    case 'list':
      parseArgs({ args, options: {} });
      return list;
    case 'revoke':
      return revoke(args);
    case undefined:
      throw new ToolError('Say what to do: create, list or revoke. npm run keys -- --help shows how.');
    default:
      throw new ToolError(`There is no command ${command}; there are create, list and revoke.`);
  }
}

function create(args: string[]): Run {
  const { values } = parseArgs({
    args,
    options: {
      name: { type: 'string' },
      scope: { type: 'string', multiple: true, default: ['agent'] },
      agent: { type: 'string' },
      expires: { type: 'string' },
    },
  });
  const name = values.name?.trim();
  if (!name) throw new ToolError('A key needs a name: --name NAME.');
  const wanted = [...new Set(values.scope.map(parseScope))];
  const expiresAt = values.expires === undefined ? undefined : parseExpiry(values.expires);
  return async (keys, db) => {
    if (values.agent !== undefined) await refuseUnknownAgent(db, values.agent);
    const made = await keys.create({ name, scopes: wanted, agentId: values.agent, expiresAt, actor });
    console.log(
      `Key ${made.id} of agent ${made.agentId}. Keep it now, it is not shown again:\n\n${made.key}\n`,
    );
  };
}

async function list(keys: ApiKeysService): Promise<void> {
  const header = ['KEY', 'NAME', 'BEGINS', 'SCOPES', 'STATE', 'EXPIRES', 'LAST USED', 'CREATED', 'AGENT'];
  const table = [header, ...(await keys.list()).map(rowOf)];
  const widths = header.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  for (const row of table) {
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  }
}

function revoke(args: string[]): Run {
  const { positionals } = parseArgs({ args, options: {}, allowPositionals: true });
  const [id] = positionals;
  if (id === undefined || positionals.length > 1) throw new ToolError('Name one key: revoke KEY_ID.');
  return async (keys) => {
    if (!(await keys.revoke(id, actor))) {
      throw new ToolError(`There is no key ${id} that could be revoked; "list" shows the keys.`);
    }
    console.log(`Key ${id} is revoked; running servers refuse it within two seconds.`);
  };
}

function parseScope(text: string): Scope {
  const scope = scopes.find((known) => known === text);
  if (!scope) throw new ToolError(`There is no scope ${text}; there are ${scopes.join(', ')}.`);
  return scope;
}

function parseExpiry(text: string): Date {
  const date = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2}))?$/.test(text)
    ? new Date(text)
    : null;
  // Date makes the 31st of February the 3rd of March.
  const isDay = date?.getTime() && new Date(text.slice(0, 10)).toISOString().startsWith(text.slice(0, 10));
  if (!date || !isDay) throw new ToolError(`${text} is no date like 2027-01-31 or 2027-01-31T18:00:00Z.`);
  if (date.getTime() <= Date.now()) throw new ToolError(`${text} is over; a key expires in the future.`);
  return date;
}

async function refuseUnknownAgent(db: Database, id: string): Promise<void> {
  const [agent] = await db.query('SELECT 1 FROM agent WHERE id = $1', [id]);
  if (!agent) throw new ToolError(`There is no agent ${id}; "list" shows the agents that have keys.`);
}

function rowOf(key: ApiKeySummary): string[] {
  return [
    key.id,
    key.name,
    beginningOf(key.prefix),
    key.scopes.join(','),
    stateOf(key),
    minuteOf(key.expiresAt),
    minuteOf(key.lastUsedAt),
    minuteOf(key.createdAt),
    `${key.agentId} (${key.agentName})`,
  ];
}

function minuteOf(time: Date | null): string {
  return time?.toISOString().slice(0, 16).replace('T', ' ') ?? 'never';
}

/** A key that somebody has chosen may be as short as its prefix. */
function beginningOf(prefix: string): string {
  return prefix.startsWith(generatedKeyPrefix) ? `${prefix}…` : '(from the environment)';
}

function stateOf({ revokedAt, expiresAt }: ApiKeySummary): string {
  if (revokedAt) return 'revoked';
  return expiresAt && expiresAt <= new Date() ? 'expired' : 'active';
}
