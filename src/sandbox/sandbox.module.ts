import { Module } from '@nestjs/common';
import { DemoCatalog } from './demo-catalog.js';
import { SimulatorService } from './simulator.service.js';

@Module({ providers: [DemoCatalog, SimulatorService] })
export class SandboxModule {}
