import { Module } from '@nestjs/common';
import { DemoCatalog } from './demo-catalog.js';
import { SimulatorService } from './simulator.service.js';
import { WebhookRegistrationService } from './webhook-registration.service.js';

@Module({ providers: [DemoCatalog, WebhookRegistrationService, SimulatorService] })
export class SandboxModule {}
