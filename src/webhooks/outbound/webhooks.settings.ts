import { ApiProperty } from '@nestjs/swagger';
import { IsBoolean } from 'class-validator';

export class WebhooksSettings {
  static readonly namespace = 'webhooks';
  static defaults = (): WebhooksSettings => Object.assign(new WebhooksSettings(), { enabled: true });

  @ApiProperty({
    description:
      'Whether order events are sent to webhook endpoints; meanwhile they are kept. Nothing reads it yet',
  })
  @IsBoolean()
  enabled: boolean;
}
