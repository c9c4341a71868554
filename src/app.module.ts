import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import type { DataSource } from 'typeorm';
import { AccessGuard } from './access/access.guard.js';
import { AccessModule } from './access/access.module.js';
import { RequestSignatureInterceptor } from './access/signing/request-signature.interceptor.js';
import { AcpModule } from './acp/acp.module.js';
import { AuditModule } from './audit/audit.module.js';
import { ApiErrorFilter } from './common/http/api-error.filter.js';
import { DtoPipe } from './common/http/dto.pipe.js';
import { JsonBodyInterceptor } from './common/http/json-body.interceptor.js';
import { SpooledBodyInterceptor } from './common/http/spooled-body.js';
import type { Config } from './config/config.js';
import { ConfigModule } from './config/config.module.js';
import { DatabaseModule } from './database/database.module.js';
import { EmailsModule } from './emails/emails.module.js';
import { GuideModule } from './guide/guide.module.js';
import { IdempotencyInterceptor } from './idempotency/idempotency.interceptor.js';
import { IdempotencyModule } from './idempotency/idempotency.module.js';
import { MonitoringModule } from './monitoring/monitoring.module.js';
import { PaymentsModule } from './payments/payments.module.js';
import type { PaymentProviderClass } from './payments/providers/provider-registry.js';
import { RazorpayProvider } from './payments/providers/razorpay/razorpay.provider.js';
import { StripeProvider } from './payments/providers/stripe/stripe.provider.js';
import { PrivacyModule } from './privacy/privacy.module.js';
import { QueueModule } from './queue/queue.module.js';
import { RetentionModule } from './retention/retention.module.js';
import { SettingsModule } from './settings/settings.module.js';
import { settingsNamespaces } from './settings-namespaces.js';
import { InboundWebhooksModule } from './webhooks/inbound/inbound-webhooks.module.js';
import { OutboundWebhooksModule } from './webhooks/outbound/outbound-webhooks.module.js';

/** What a merchant edits to add a payment provider: a class, one folder under `payments/providers/`. */
const paymentProviders: PaymentProviderClass[] = [StripeProvider, RazorpayProvider];

/** All settings of this shop, those of its payment providers too. */
export const allSettings = [
  ...settingsNamespaces,
  ...paymentProviders.flatMap(({ settings }) => settings ?? []),
];

/** What is up before the modules are: `main.ts` opens it, the modules find it ready. */
export interface Resources {
  config: Config;
  dataSource: DataSource;
  /** Past any pooler, for the queue and for listening. */
  directUrl: string;
  /** What only some installations load: the sandbox. */
  extraModules: Type[];
}

@Module({})
export class AppModule {
  static forRoot({ config, dataSource, directUrl, extraModules }: Resources): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(config),
        DatabaseModule.forRoot({ dataSource, directUrl, redisUrl: config.redisUrl }),
        AuditModule,
        SettingsModule.forRoot(allSettings),
        AccessModule,
        QueueModule.forRoot({ redisUrl: config.redisUrl, databaseUrl: directUrl }),
        IdempotencyModule,
        PaymentsModule.forRoot(paymentProviders),
        AcpModule,
        GuideModule,
        InboundWebhooksModule,
        OutboundWebhooksModule,
        EmailsModule,
        MonitoringModule,
        PrivacyModule,
        RetentionModule,
        ...extraModules,
      ],
      providers: [
        { provide: APP_GUARD, useExisting: AccessGuard },
        // In this order: the body is parsed once the caller is known, the key is claimed once it is known to be theirs.
        { provide: APP_INTERCEPTOR, useClass: JsonBodyInterceptor },
        { provide: APP_INTERCEPTOR, useClass: SpooledBodyInterceptor },
        { provide: APP_INTERCEPTOR, useExisting: RequestSignatureInterceptor },
        { provide: APP_INTERCEPTOR, useExisting: IdempotencyInterceptor },
        { provide: APP_PIPE, useClass: DtoPipe },
        { provide: APP_FILTER, useClass: ApiErrorFilter },
      ],
    };
  }
}
