import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsNumber, IsObject, Max, Min, ValidateNested } from 'class-validator';
import { MayBeAbsent } from '../common/http/may-be-absent.js';

const Limit = (): PropertyDecorator => (target, property) => {
  for (const rule of [MayBeAbsent(), IsNumber(), Min(0), Max(1_000_000_000)]) rule(target, property);
};

/** Above which value a signal is an alert; one that is absent raises none. */
export class ThresholdSettings {
  @ApiProperty({
    description: 'Age in minutes of the oldest webhook that was not delivered',
    required: false,
  })
  @Limit()
  undeliveredWebhookMinutes?: number;

  @ApiProperty({
    description: 'Webhooks of payment providers with a wrong signature, in 5 minutes',
    required: false,
  })
  @Limit()
  refusedProviderWebhooks?: number;

  @ApiProperty({ description: 'Age in minutes of the oldest provider webhook not acted on', required: false })
  @Limit()
  unprocessedProviderWebhookMinutes?: number;

  @ApiProperty({
    description: 'Age in minutes of the oldest payment whose outcome is not known',
    required: false,
  })
  @Limit()
  openPaymentMinutes?: number;

  @ApiProperty({ description: 'Payments that no order belongs to', required: false })
  @Limit()
  paidWithoutOrder?: number;

  @ApiProperty({ description: 'Percent of requests answered with 5xx, in 5 minutes', required: false })
  @Limit()
  failedRequestsPercent?: number;
}

export class MonitoringSettings {
  static readonly namespace = 'monitoring';
  static defaults = (): MonitoringSettings =>
    Object.assign(new MonitoringSettings(), {
      thresholds: {
        undeliveredWebhookMinutes: 15,
        refusedProviderWebhooks: 5,
        unprocessedProviderWebhookMinutes: 5,
        openPaymentMinutes: 30,
        paidWithoutOrder: 0,
        failedRequestsPercent: 5,
      },
    });

  @ApiProperty({
    description: 'Above which value a signal becomes an alert. Nothing reads it yet',
    type: ThresholdSettings,
  })
  @IsObject()
  @ValidateNested()
  @Type(() => ThresholdSettings)
  thresholds: ThresholdSettings;
}
