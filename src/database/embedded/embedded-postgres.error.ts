/** A reason why the embedded PostgreSQL cannot run, as one sentence for the person at the terminal. */
export class EmbeddedPostgresError extends Error {
  override readonly name: string = 'EmbeddedPostgresError';
}

/** DATA_DIR belongs to another process that is alive. */
export class DataDirInUseError extends EmbeddedPostgresError {
  override readonly name = 'DataDirInUseError';

  constructor(
    dataDir: string,
    readonly ownerPid: number,
  ) {
    super(
      `DATA_DIR ${dataDir} is in use by process ${ownerPid}: stop that process, give this one a DATA_DIR of its own, ` +
        'or set DATABASE_URL to let several processes share one database.',
    );
  }
}

/** `ENOENT` and friends of the errors that Node's own calls throw. */
export function errorCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
