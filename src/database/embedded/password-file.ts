import { randomBytes } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { EmbeddedPostgresError, errorCode } from './embedded-postgres.error.js';

export async function readPassword(passwordFile: string): Promise<string | undefined> {
  try {
    return (await readFile(passwordFile, 'utf8')).trim() || undefined;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw new EmbeddedPostgresError(
      `${passwordFile} cannot be read by this user (${errorCode(error)}): run this as the user who started the server.`,
      { cause: error },
    );
  }
}

/** Hexadecimal, so that it needs no quoting in SQL or in a URL. */
export const newPassword = () => randomBytes(24).toString('hex');

export async function writePassword(passwordFile: string, password: string): Promise<void> {
  const draft = `${passwordFile}.new`;
  await rm(draft, { force: true });
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(`${password}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, passwordFile);
}
