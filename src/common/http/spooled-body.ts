import {
  type CallHandler,
  createParamDecorator,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  SetMetadata,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finalize, from, mergeMap, type Observable } from 'rxjs';
import { type ApiError, apiErrors } from '../api-error.js';

export interface SpoolOptions {
  /** The media types it may have. */
  mediaTypes: string[];
  maximumBytes: number;
  /** For another media type, or a body that is compressed. */
  refusal: () => ApiError;
}

/** A body that waits in a file, because it may be larger than what should be held in memory. */
export interface SpooledBody {
  /** Its bytes, from the first; as often as wanted while the request lasts. */
  read(): AsyncIterable<Buffer>;
}

type SpooledRequest = Request & { spooled?: SpooledBody };

const spoolKey = 'storekeeper:spooled-body';
const pieceBytes = 64 * 1024;

/**
 * A route whose body may be large. It is written to a file before the handler runs: then all of it is there or the
 * request fails, its idempotency key is held against all of its bytes and the query, and a slow sender holds nothing but
 * the file. The file has no name, so that it is gone with the process whatever happens to that.
 */
export const Spooled = (options: SpoolOptions): MethodDecorator => SetMetadata(spoolKey, options);

/** What the handler of such a route reads. */
export const BodyFile = createParamDecorator(
  (_: unknown, context: ExecutionContext) =>
    context.switchToHttp().getRequest<SpooledRequest>().spooled as SpooledBody,
);

/** Runs before the idempotency key is claimed: what the key stands for is the hash of the bytes, and the query. */
@Injectable()
export class SpooledBodyInterceptor implements NestInterceptor {
  constructor(private readonly reflector: Reflector) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const options = this.reflector.get<SpoolOptions | undefined>(spoolKey, context.getHandler());
    if (!options) return next.handle();
    const request = context.switchToHttp().getRequest<SpooledRequest>();
    return from(unnamedFile()).pipe(
      mergeMap((file) =>
        from(spool(request, file, options)).pipe(
          mergeMap(() => next.handle()),
          finalize(() => void file.close().catch(() => undefined)),
        ),
      ),
    );
  }
}

async function unnamedFile(): Promise<FileHandle> {
  const path = join(tmpdir(), `storekeeper-${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600);
  await unlink(path);
  return file;
}

async function spool(request: SpooledRequest, file: FileHandle, options: SpoolOptions): Promise<void> {
  const { mediaTypes, maximumBytes, refusal } = options;
  const mediaType = (request.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (!mediaTypes.includes(mediaType) || request.get('content-encoding') !== undefined) throw refusal();
  if (Number(request.get('content-length') ?? 0) > maximumBytes) throw apiErrors.payloadTooLarge();
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of bytesOf(request)) {
    size += chunk.length;
    if (size > maximumBytes) throw apiErrors.payloadTooLarge();
    hash.update(chunk);
    await file.write(chunk);
  }
  request.body = { sha256: hash.digest('hex'), query: request.query };
  request.spooled = { read: () => contentsOf(file) };
}

/** What is not read any more is still let in, or the sender would never come to hear why. */
async function* bytesOf(request: Request): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) yield chunk as Buffer;
  } catch {
    throw apiErrors.invalidJson('The request body could not be read.');
  } finally {
    request.resume();
  }
}

/** By position, so that it can be read more than once. */
async function* contentsOf(file: FileHandle): AsyncGenerator<Buffer> {
  for (let position = 0; ;) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(pieceBytes), 0, pieceBytes, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
