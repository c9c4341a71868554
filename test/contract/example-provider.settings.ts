import { IsOptional, IsString, IsUrl } from 'class-validator';

export class AcornSettings {
  static readonly namespace = 'payments.acorn';
  static readonly secrets = ['key', 'webhookSecret', 'webhookSecretPrevious'] as const;
  static defaults = () => Object.assign(new AcornSettings(), { url: 'https://api.acorn.example' });

  @IsUrl({ require_tld: false })
  url: string;

  /** Without it Acorn is not offered. */
  @IsOptional()
  @IsString()
  key?: string;

  @IsOptional()
  @IsString()
  webhookSecret?: string;

  @IsOptional()
  @IsString()
  webhookSecretPrevious?: string;
}
