import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { AuditService } from '../audit/audit.service.js';
import { loadConfig } from '../config/config.js';
import { Database } from '../database/database.js';
import { openDatabase } from '../database/open-database.js';
import { entities } from '../entities.js';
import { SecretBox } from '../settings/secret-box.js';
import { encryptedColumns } from './encrypted-columns.js';
import { KeyRotation, type Rotation } from './key-rotation.js';
import { runTool, ToolError } from './tool.js';

const help = `Re-encrypts all secrets at rest with a new master key. Works beside running servers.

  npm run keys:rotate

  1. Make a key:  openssl rand -base64 32
  2. Restart every server with it as SETTINGS_ENCRYPTION_KEY, and with the one before it as
     SETTINGS_ENCRYPTION_KEY_PREVIOUS, which is still read.
  3. Run this with the same two variables. It may be interrupted and run again.
  4. Restart the servers without SETTINGS_ENCRYPTION_KEY_PREVIOUS.

What neither key can read is named and left as it is.
DATABASE_URL or DATA_DIR name the database, as for the server.
`;

/** So many rows of one place are named. */
const namedRows = 20;

await runTool(help, async (args, interrupted) => {
  parseArgs({ args, options: {} });
  const config = loadConfig(process.env);
  if (config.encryptionKeys.previous === undefined)
    console.error('SETTINGS_ENCRYPTION_KEY_PREVIOUS is not set: this can only look for what it cannot read.');
  const database = await openDatabase(config, entities, {
    visitor: true,
    log: (message) => console.error(message),
  });
  try {
    const db = new Database(database.dataSource);
    const box = new SecretBox(config);
    const rotation = new KeyRotation(db, box, encryptedColumns, interrupted, (place, count) =>
      console.error(`${place}: ${count} so far`),
    );
    const done = await rotation.run();
    await audit(db, new AuditService(config), done);
    report(done);
  } finally {
    await database.close();
  }
});

function rotatedIn({ columns }: Rotation): number {
  return columns.reduce((total, { rotated }) => total + rotated, 0);
}

async function audit(db: Database, log: AuditService, rotation: Rotation): Promise<void> {
  if (rotatedIn(rotation) === 0) return;
  const counts = rotation.columns.map(({ place, rotated }) => [place, rotated]);
  await db.transaction((tx) =>
    log.append(tx, {
      actor: 'cli',
      action: 'encryption_key.rotated',
      subject: 'settings_encryption_key',
      after: { complete: rotation.complete, rotated: Object.fromEntries(counts) as object },
    }),
  );
}

function report(rotation: Rotation): void {
  for (const { place, rotated, unreadable } of rotation.columns) {
    console.log(`${place}: ${rotated} re-encrypted, ${unreadable.length} that no key can read`);
    for (const key of unreadable.slice(0, namedRows)) console.log(`  cannot be read: ${place} of ${key}`);
    if (unreadable.length > namedRows) console.log(`  and ${unreadable.length - namedRows} more`);
  }
  if (!rotation.complete) throw new ToolError('Not finished. Run it again: it goes on where it stopped.');
  console.log(`${rotatedIn(rotation)} re-encrypted in all. What can be read is now under the current key.`);
}
