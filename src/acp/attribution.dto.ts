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
  @ApiProperty({ example: 'partner.example', description: 'Who counts the referrals' })
  @Length(1, 256)
  @IsString()
  provider: string;

  @ApiPropertyOptional({ description: 'Proof of the referral; this or `publisher_id` is required' })
  @ValidateIf((dto: AffiliateAttributionDto) => dto.publisher_id === undefined || dto.token !== undefined)
  @Length(1, 2000)
  @IsString()
  token?: string;

  @ApiPropertyOptional({ description: 'Who referred the buyer' })
  @IsOptional()
  @Length(1, 256)
  @IsString()
  publisher_id?: string;

  @ApiPropertyOptional({ description: 'In which campaign' })
  @IsOptional()
  @MaxLength(256)
  @IsString()
  campaign_id?: string;

  @ApiPropertyOptional({ description: 'By which advertisement' })
  @IsOptional()
  @MaxLength(256)
  @IsString()
  creative_id?: string;

  @ApiPropertyOptional({ description: 'The publisher’s own mark' })
  @IsOptional()
  @MaxLength(256)
  @IsString()
  sub_id?: string;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description: 'Where the buyer came from',
  })
  @IsOptional()
  @IsObject()
  source?: Record<string, unknown>;

  @ApiPropertyOptional({ description: 'When the referral was made (RFC 3339)' })
  @IsOptional()
  @IsRFC3339()
  issued_at?: string;

  @ApiPropertyOptional({ description: 'When it stops counting (RFC 3339)' })
  @IsOptional()
  @IsRFC3339()
  expires_at?: string;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description: 'What else the agent wants to say',
  })
  @IsOptional()
  @IsObject()
  metadata?: Record<string, unknown>;

  @ApiPropertyOptional({
    enum: ['first', 'last'],
    description: 'Whether it was the first or the last one before the purchase',
  })
  @IsOptional()
  @IsIn(['first', 'last'])
  touchpoint?: string;
}

/** What the buyer agreed to hear (ACP §3.2 `MarketingConsent`). */
export class MarketingConsentDto {
  @ApiProperty({ example: 'email', description: 'By what the buyer may be written to' })
  @Length(1, 64)
  @IsString()
  channel: string;

  @ApiProperty({ example: true, description: 'Whether the buyer agreed' })
  @IsBoolean()
  opted_in: boolean;
}
