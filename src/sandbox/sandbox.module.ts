import { Module } from '@nestjs/common';
import { AgentEndpointService } from './agent-receiver/agent-endpoint.service.js';
import { AgentReceiverController } from './agent-receiver/agent-receiver.controller.js';
import { AgentReceiverService } from './agent-receiver/agent-receiver.service.js';
import { DemoCatalog } from './demo-catalog.js';
import { SimulatorService } from './simulator.service.js';
import { WebhookRegistrationService } from './webhook-registration.service.js';

@Module({
  controllers: [AgentReceiverController],
  providers: [
    DemoCatalog,
    WebhookRegistrationService,
    SimulatorService,
    AgentReceiverService,
    AgentEndpointService,
  ],
})
export class SandboxModule {}
