import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { Database } from '../database/database.js';

/** So long after a use was noted the next ones are not; a little more than the minute that a row is left alone. */
const quietMs = 61_000;
const maximumRemembered = 10_000;

/**
 * When each key was last used, to the minute: written in the background, for many keys at once, never by the request
 * that uses one, and at most once a minute for each key however many processes see it.
 */
@Injectable()
export class KeyUses implements OnModuleDestroy {
  private readonly logger = new Logger(KeyUses.name);
  private readonly quietUntil = new Map<string, number>();
  private pending = new Set<string>();
  private writing: Promise<void> | undefined;

  constructor(private readonly db: Database) {}

  async onModuleDestroy(): Promise<void> {
    await this.writing;
  }

  note(keyId: string): void {
    const now = performance.now();
    if (now < (this.quietUntil.get(keyId) ?? 0)) return;
    this.quietUntil.delete(keyId);
    const [oldest] = this.quietUntil.keys();
    if (this.quietUntil.size >= maximumRemembered && oldest !== undefined) this.quietUntil.delete(oldest);
    this.quietUntil.set(keyId, now + quietMs);
    this.pending.add(keyId);
    this.writing ??= this.write().finally(() => {
      this.writing = undefined;
    });
  }

  /** What comes in while a statement runs goes with the next one. */
  private async write(): Promise<void> {
    while (this.pending.size > 0) {
      const ids = [...this.pending];
      this.pending = new Set();
      try {
        // A key that somebody is changing is left out rather than waited for.
        await this.db.query(
          `UPDATE api_key SET last_used_at = now() WHERE id IN (
             SELECT id FROM api_key
             WHERE id = ANY($1) AND (last_used_at IS NULL OR last_used_at <= now() - interval '1 minute')
             FOR UPDATE SKIP LOCKED)`,
          [ids],
        );
      } catch (error) {
        this.logger.warn({ event: 'api_key.use_not_noted', error });
      }
    }
  }
}
