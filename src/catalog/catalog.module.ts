import { Module } from '@nestjs/common';
import { CatalogStore } from './catalog.store.js';
import { InventoryStore } from './inventory.store.js';

@Module({ providers: [CatalogStore, InventoryStore], exports: [CatalogStore, InventoryStore] })
export class CatalogModule {}
