import type { LoggerService } from '@nestjs/common';
import pino, { type Logger } from 'pino';
import { requestContext } from './http/request-context.js';

type Level = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace';

/** Names of members that must never be read in a log, at any depth that we log. */
const secretMembers = [
  'authorization',
  'token',
  'credential',
  'key',
  'secret',
  'password',
  'address',
  'email',
  'buyer',
];

export function createLogger({ level, format }: { level: string; format: 'json' | 'pretty' }): NestLogger {
  const options: pino.LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { error: describeError },
    redact: { paths: secretMembers.flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' },
    mixin: () => ({ ...requestContext.get() }),
  };
  const transport = { target: 'pino-pretty', options: { ignore: 'context', messageFormat: '{msg}{event}' } };
  return new NestLogger(pino(format === 'pretty' ? { ...options, transport } : options));
}

/** What Nest and our own code log with: a sentence, or an object that begins with its `event`. */
export class NestLogger implements LoggerService {
  constructor(private readonly pino: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    // Nest tells of every route and module at the start; that is for debugging.
    const [context] = rest;
    const chatter = ['RoutesResolver', 'RouterExplorer', 'InstanceLoader', 'NestFactory', 'NestApplication'];
    this.write(chatter.includes(String(context)) ? 'debug' : 'info', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  private write(level: Level, message: unknown, rest: unknown[]): void {
    const context = rest.at(-1);
    if (message instanceof Error) this.pino[level]({ context, error: message });
    else if (typeof message === 'object' && message !== null) this.pino[level]({ context, ...message });
    else this.pino[level]({ context, ...(rest.length > 1 && { stack: rest[0] }) }, String(message));
  }
}

/**
 * Only members that cannot carry what people typed: a failed query also knows its parameters, and a broken
 * constraint the values of the row.
 */
export function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return typeof error === 'string' ? error : 'not an Error';
  const { name, message, stack, cause } = error;
  const { code, constraint, table } = error as { code?: unknown; constraint?: unknown; table?: unknown };
  return {
    name,
    message,
    code,
    constraint,
    table,
    stack,
    ...(cause !== undefined && { cause: describeError(cause) }),
  };
}
