import { Logger } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface Download<T> {
  contentType: string;
  filename: string;
  /** A reader that has taken nothing for so long is let go. */
  stalledReaderMs: number;
  /** Rows to text. */
  format: Duplex | ((rows: AsyncIterable<T>) => AsyncIterable<string>);
}

const logger = new Logger('Download');

/**
 * Sends rows as a file while they are read, at the pace of the client. An error of the first row is thrown, to be
 * answered like any other; a later one breaks the connection: a file that ends early must not look complete.
 */
export async function download<T>(
  response: ServerResponse,
  rows: AsyncGenerator<T, void>,
  { contentType, filename, stalledReaderMs, format }: Download<T>,
): Promise<void> {
  const first = await rows.next();
  response
    .setHeader('Content-Type', contentType)
    .setHeader('Content-Disposition', `attachment; filename="${filename}"`)
    .setHeader('Cache-Control', 'no-store');
  if (response.req.method === 'HEAD') {
    await rows.return();
    response.end();
    return;
  }
  response.setTimeout(stalledReaderMs);
  const all = async function* () {
    if (!first.done) yield first.value;
    yield* rows;
  };
  // It ends the connection where it fails.
  await pipeline(all, format, response).catch((error: unknown) => {
    logger.warn({ event: 'download.broken', filename, error });
  });
}
