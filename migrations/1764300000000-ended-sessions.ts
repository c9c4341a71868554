import type { MigrationInterface, QueryRunner } from 'typeorm';

/** To find sessions that ended so long ago that nobody needs them. */
export class EndedSessions1764300000000 implements MigrationInterface {
  readonly name = 'EndedSessions1764300000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX checkout_session_ended_idx ON checkout_session (updated_at) WHERE state IN ('canceled', 'expired');
    `);
  }

  /** Forward only: what a release wrote, the next one mends. */
  down(): Promise<void> {
    return Promise.reject(new Error('migrations run forward only'));
  }
}
