import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  IsBoolean,
  IsIn,
  IsObject,
  IsOptional,
  IsRFC3339,
  IsString,
  Length,
  MaxLength,
  ValidateIf,
} from 'class-validator';

/** Who sent the buyer (ACP §3.2 `AffiliateAttribution`). Kept for the merchant, never shown to an agent. */
export class AffiliateAttributionDto {
  @ApiProperty({ example: 'partner.example' })
  @Length(1, 256)
  @IsString()
  provider: string;

  @ApiPropertyOptional({ description: 'This or `publisher_id` is required' })
  @ValidateIf((dto: AffiliateAttributionDto) => dto.publisher_id === undefined || dto.token !== undefined)
  @Length(1, 2000)
  @IsString()
  token?: string;

  @IsOptional()
  @Length(1, 256)
  @IsString()
  publisher_id?: string;

  @IsOptional()
  @MaxLength(256)
  @IsString()
  campaign_id?: string;

  @IsOptional()
  @MaxLength(256)
  @IsString()
  creative_id?: string;

  @IsOptional()
  @MaxLength(256)
  @IsString()
  sub_id?: string;

  @IsOptional()
  @IsObject()
  source?: Record<string, unknown>;

  @IsOptional()
  @IsRFC3339()
  issued_at?: string;

  @IsOptional()
  @IsRFC3339()
  expires_at?: string;

  @IsOptional()
  @IsObject()
  metadata?: Record<string, unknown>;

  @IsOptional()
  @IsIn(['first', 'last'])
  touchpoint?: string;
}

/** What the buyer agreed to hear (ACP §3.2 `MarketingConsent`). */
export class MarketingConsentDto {
  @ApiProperty({ example: 'email' })
  @Length(1, 64)
  @IsString()
  channel: string;

  @ApiProperty()
  @IsBoolean()
  opted_in: boolean;
}
