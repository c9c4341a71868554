import 'reflect-metadata';
import { open } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { ChainedEntry, Head } from '../audit/audit-chain.js';
import { type ChainReport, checkChain } from '../audit/audit-check.js';
import { AuditStore } from '../audit/audit.store.js';
import { entryOfLine } from '../audit/audit.view.js';
import { loadConfig } from '../config/config.js';
import { Database } from '../database/database.js';
import { openDatabase } from '../database/open-database.js';
import { entities } from '../entities.js';
import { runTool, ToolError } from './tool.js';

const help = `Checks that the audit log is what was written: that no entry was changed, removed, inserted or moved.

  npm run audit:verify -- [--expect POSITION:HASH] [--file EXPORT.jsonl]

  --expect POSITION:HASH  the head that an earlier run printed; it must still be in the log
  --file EXPORT.jsonl     checks an export of GET /admin/audit-log.jsonl; needs no database

Every entry's hash covers the entry and the hash of the one before it. Whoever can write to the database can still cut off
the end of the log, or write all of it anew: what is left is whole in itself. So note the head where they cannot reach it,
and give it to the next run.

Ends with 0 if the log is whole, and with 1 at the first place where it is not. Works beside running servers.
DATABASE_URL or DATA_DIR name the database, as for the server.
`;

const progressEvery = 100_000;

await runTool(help, async (args, interrupted) => {
  const { values } = parseArgs({ args, options: { expect: { type: 'string' }, file: { type: 'string' } } });
  const expected = values.expect === undefined ? undefined : headOf(values.expect);
  const check = (entries: AsyncIterable<ChainedEntry>): Promise<ChainReport> =>
    checkChain(watched(entries, interrupted), expected);
  const done = await (values.file === undefined ? inDatabase(check) : check(linesOf(values.file)));
  if (!interrupted.aborted) report(done);
});

async function inDatabase(check: (entries: AsyncIterable<ChainedEntry>) => Promise<ChainReport>) {
  const database = await openDatabase(loadConfig(process.env), entities, {
    visitor: true,
    log: (message) => console.error(message),
  });
  try {
    return await check(new AuditStore(new Database(database.dataSource)).chain());
  } finally {
    await database.close();
  }
}

/** Says now and then how far it is; ends when somebody has pressed Ctrl-C. */
async function* watched(
  entries: AsyncIterable<ChainedEntry>,
  interrupted: AbortSignal,
): AsyncGenerator<ChainedEntry, void> {
  let count = 0;
  for await (const entry of entries) {
    if (interrupted.aborted) return;
    yield entry;
    if (++count % progressEvery === 0) console.error(`${count} entries so far`);
  }
}

async function* linesOf(file: string): AsyncGenerator<ChainedEntry, void> {
  const handle = await open(file).catch((error: Error) => {
    throw new ToolError(`The file cannot be read: ${error.message}`);
  });
  let number = 0;
  for await (const line of handle.readLines()) {
    number++;
    const entry = entryOfLine(line);
    if (!entry) throw new ToolError(`Line ${number} of ${file} is no entry of an audit log; was it cut off?`);
    yield entry;
  }
}

function headOf(text: string): Head {
  const [, position, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text.toLowerCase()) ?? [];
  if (position === undefined || hash === undefined || Number(position) < 1)
    throw new ToolError('--expect takes a head as an earlier run printed it: POSITION:HASH.');
  return { position: Number(position), hash };
}

function report({ count, head, broken }: ChainReport): void {
  if (broken) {
    console.log(`${count} entries follow each from the one before, then the log is broken.`);
    throw new ToolError(`Position ${broken.position}, ${broken.kind}: ${broken.message}`);
  }
  console.log(`${count} entries, and each follows from the one before.`);
  console.log(head ? `head ${head.position}:${head.hash}` : 'There is no entry yet, so there is no head.');
}
