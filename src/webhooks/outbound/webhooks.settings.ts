import { IsBoolean } from 'class-validator';

export class WebhooksSettings {
  static readonly namespace = 'webhooks';
  static defaults = (): WebhooksSettings => Object.assign(new WebhooksSettings(), { enabled: true });

  /** While false nothing is sent; what happens meanwhile waits. */
  @IsBoolean()
  enabled: boolean;
}
