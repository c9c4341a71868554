import { Module } from '@nestjs/common';
import { CatalogStore } from './catalog.store.js';
import { InventoryAdminController } from './inventory.admin.controller.js';
import { InventoryCheckService } from './inventory-check.service.js';
import { InventoryService } from './inventory.service.js';
import { InventoryStore } from './inventory.store.js';
import { ProductImportService } from './products/product-import.service.js';
import { ProductStore } from './products/product.store.js';
import { ProductsAdminController } from './products/products.admin.controller.js';
import { ProductsService } from './products/products.service.js';

@Module({
  controllers: [ProductsAdminController, InventoryAdminController],
  providers: [
    CatalogStore,
    InventoryStore,
    InventoryService,
    InventoryCheckService,
    ProductStore,
    ProductsService,
    ProductImportService,
  ],
  exports: [CatalogStore, InventoryStore],
})
export class CatalogModule {}
