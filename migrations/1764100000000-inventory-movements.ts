import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Products and items that can be removed without being forgotten, and a ledger of what is on hand. */
export class InventoryMovements1764100000000 implements MigrationInterface {
  readonly name = 'InventoryMovements1764100000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE product ADD COLUMN deleted_at timestamptz;
      CREATE INDEX product_category_idx ON product (category, id);
      -- For search by the beginning of a name, in any case; TypeORM sees no index on an expression.
      CREATE INDEX product_name_idx ON product (lower(name) text_pattern_ops);

      ALTER TABLE item ADD COLUMN position integer NOT NULL DEFAULT 0;
      ALTER TABLE item ADD COLUMN deleted_at timestamptz;

      CREATE TABLE inventory_movement (
        item_id text COLLATE "C" NOT NULL,
        id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
        change bigint NOT NULL,
        on_hand bigint NOT NULL,
        reason text NOT NULL,
        reference text COLLATE "C",
        actor text NOT NULL,
        note text,
        at timestamptz NOT NULL,
        CONSTRAINT inventory_movement_pkey PRIMARY KEY (item_id, id)
      );
      INSERT INTO inventory_movement (item_id, change, on_hand, reason, actor, at)
      SELECT item_id, on_hand, on_hand, 'opening', 'migration', now() FROM inventory ORDER BY item_id;
    `);
  }

  /** Forward only: what a release wrote, the next one mends. */
  down(): Promise<void> {
    return Promise.reject(new Error('migrations run forward only'));
  }
}
