import { ApiProperty } from '@nestjs/swagger';
import { IsBoolean } from 'class-validator';

export class WebhooksSettings {
  static readonly namespace = 'webhooks';
  static defaults = (): WebhooksSettings => Object.assign(new WebhooksSettings(), { enabled: true });

  @ApiProperty({
    description: 'While false nothing is sent to webhook endpoints; what happens meanwhile waits',
  })
  @IsBoolean()
  enabled: boolean;
}
