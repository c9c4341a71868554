import { parseArgs } from 'node:util';
import { loadConfig } from '../config/config.js';
import { joinEmbeddedPostgres } from '../database/embedded-postgres.js';
import { migrate } from '../database/migrate.js';
import { runTool } from './tool.js';

const help = `Brings the database up to date. A server does the same when it starts.

  npm run migrate

  DATABASE_DIRECT_URL  which database; else DATABASE_URL, else the embedded PostgreSQL of DATA_DIR,
                       also while a server runs on it
`;

await runTool(help, async (args) => {
  parseArgs({ args, options: {} });
  const { database, dataDir } = loadConfig(process.env);
  if (database.directUrl !== undefined) return report(await migrate(database.directUrl));
  const embedded = await joinEmbeddedPostgres({ dataDir, log: (message) => console.error(message) });
  try {
    report(await migrate(embedded.url));
  } finally {
    await embedded.stop();
  }
});

function report(applied: string[]): void {
  for (const name of applied) console.log(`applied ${name}`);
  if (applied.length === 0) console.log('Nothing is pending: the database is up to date.');
}
