import { Global, Module } from '@nestjs/common';
import { Metrics } from '../common/metrics.js';
import { HealthController } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';

/** Global, because everything that counts needs the metrics. */
@Global()
@Module({ controllers: [HealthController, MetricsController], providers: [Metrics], exports: [Metrics] })
export class MonitoringModule {}
