import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the audit log is searched by. Each index ends with the order of the list, so that a page is read and no more. */
export class AuditLog1764200000000 implements MigrationInterface {
  readonly name = 'AuditLog1764200000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX audit_entry_at_idx ON audit_entry (at, position);
      CREATE INDEX audit_entry_actor_idx ON audit_entry (actor, at, position);
      CREATE INDEX audit_entry_action_idx ON audit_entry (action, at, position);
      CREATE INDEX audit_entry_thing_idx ON audit_entry (split_part(action, '.', 1), at, position);
      CREATE INDEX audit_entry_subject_idx ON audit_entry (subject, at, position);
      CREATE INDEX audit_entry_request_id_idx ON audit_entry (request_id, at, position);
    `);
  }

  /** Forward only: what a release wrote, the next one mends. */
  down(): Promise<void> {
    return Promise.reject(new Error('migrations run forward only'));
  }
}
