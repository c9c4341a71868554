import { ApiProperty } from '@nestjs/swagger';
import { IsOptional, IsString, IsUrl } from 'class-validator';

export class AcornSettings {
  static readonly namespace = 'payments.acorn';
  static readonly secrets = ['key', 'webhookSecret', 'webhookSecretPrevious'] as const;
  // What a change of the first leaves in use.
  static readonly previous = { webhookSecret: 'webhookSecretPrevious' };
  static defaults = () => Object.assign(new AcornSettings(), { url: 'https://api.acorn.example' });

  @ApiProperty({ description: 'Where Acorn is' })
  @IsUrl({ require_tld: false })
  url: string;

  @ApiProperty({ description: 'The API key. Without it Acorn is not offered' })
  @IsOptional()
  @IsString()
  key?: string;

  @ApiProperty({ description: 'What Acorn signs its webhooks with' })
  @IsOptional()
  @IsString()
  webhookSecret?: string;

  @ApiProperty({ description: 'What it signed them with before' })
  @IsOptional()
  @IsString()
  webhookSecretPrevious?: string;
}
