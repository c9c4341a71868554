import { Injectable, type OnApplicationShutdown, type OnModuleDestroy } from '@nestjs/common';
import { createTransport } from 'nodemailer';
import { Config } from '../config/config.js';
import type { Letter } from './email.writer.js';
import { smtpFailure, type SmtpFailure } from './smtp-failure.js';

export const mailConnections = 3;

const connectTimeoutMs = 10_000;
const silenceTimeoutMs = 15_000;
/** Below the five minutes after which servers may hang up. */
const idleTimeoutMs = 60_000;
/** What is being sent when we are told to stop has so long to end. */
const stopAfterMs = 2_000;

/** The mail server. */
@Injectable()
export class Mailer implements OnModuleDestroy, OnApplicationShutdown {
  private readonly transport: ReturnType<typeof this.open> | undefined;
  private readonly stopped = new AbortController();

  constructor(private readonly config: Config) {
    this.transport = config.smtp && this.open(config.smtp);
  }

  get enabled(): boolean {
    return this.transport !== undefined;
  }

  /** Null once the server has taken it. Never throws, and never takes longer than `emailTimeoutMs`. */
  async send({ messageId, ...letter }: Letter): Promise<SmtpFailure | null> {
    try {
      // An overall end, whatever trickles in: the timeouts of the connection only notice silence.
      const signal = AbortSignal.any([
        AbortSignal.timeout(this.config.timings.emailTimeoutMs),
        this.stopped.signal,
      ]);
      const headers = { 'Auto-Submitted': 'auto-generated' };
      await this.transport?.sendMail({
        ...letter,
        to: { name: '', address: letter.to },
        messageId,
        headers,
        signal,
      });
      return null;
    } catch (error) {
      const failure = smtpFailure(error);
      return this.stopped.signal.aborted ? { ...failure, error: 'interrupted' } : failure;
    }
  }

  onModuleDestroy(): void {
    setTimeout(() => this.stopped.abort(), stopAfterMs).unref();
  }

  onApplicationShutdown(): void {
    this.transport?.close({ force: true });
  }

  private open({ host, port, secure, auth, ...smtp }: NonNullable<Config['smtp']>) {
    return createTransport({
      pool: true,
      host,
      port,
      secure,
      auth,
      requireTLS: smtp.requireTls,
      ignoreTLS: smtp.ignoreTls,
      tls: { rejectUnauthorized: smtp.verifyCertificate },
      maxConnections: mailConnections,
      // A connection that had been idle may turn out to be gone; everything else is tried again by our own schedule.
      maxRequeues: 1,
      dnsTimeout: connectTimeoutMs,
      connectionTimeout: connectTimeoutMs,
      greetingTimeout: connectTimeoutMs,
      socketTimeout: silenceTimeoutMs,
      idleTimeout: idleTimeoutMs,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }
}
