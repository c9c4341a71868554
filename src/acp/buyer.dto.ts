import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Expose, Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Length,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { IsEmailAddress } from '../common/http/email-address.js';
import { IsTimestamp } from '../common/http/timestamp.js';

export class CompanyDto {
  @ApiProperty({ description: 'Name of the company' })
  @IsString()
  @Length(1, 256)
  name: string;

  @ApiPropertyOptional({ description: 'Its tax number' })
  @IsOptional()
  @IsString()
  @MaxLength(256)
  tax_id?: string;

  @ApiPropertyOptional({ description: 'The department that buys' })
  @IsOptional()
  @IsString()
  @MaxLength(256)
  department?: string;

  @ApiPropertyOptional({ description: 'What it is booked on' })
  @IsOptional()
  @IsString()
  @MaxLength(256)
  cost_center?: string;
}

export class LoyaltyDto {
  @ApiPropertyOptional({ description: 'The level, such as `gold`' })
  @IsOptional()
  @IsString()
  @MaxLength(256)
  tier?: string;

  @ApiPropertyOptional({ type: 'integer', description: 'Points the buyer has' })
  @IsOptional()
  @IsInt()
  points_balance?: number;

  @ApiPropertyOptional({ description: 'RFC 3339' })
  @IsOptional()
  @IsTimestamp()
  member_since?: string;
}

export class TaxExemptionDto {
  @ApiProperty({ description: 'Number of the certificate' })
  @IsString()
  @Length(1, 256)
  certificate_id: string;

  @ApiProperty({
    enum: ['resale', 'exempt_organization', 'government'],
    description: 'Why no tax is due',
  })
  @IsIn(['resale', 'exempt_organization', 'government'])
  certificate_type: string;

  @ApiPropertyOptional({ type: [String], description: 'Where it holds' })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @IsString({ each: true })
  exempt_regions?: string[];

  @ApiPropertyOptional({ description: 'RFC 3339' })
  @IsOptional()
  @IsTimestamp()
  expires_at?: string;
}

/** Who buys (ACP §3.2 `Buyer`). On an update it merges into what is known; null clears a member. */
export class BuyerDto {
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    example: 'ada@example.com',
    description: 'Required, unless it was sent before',
  })
  @IsOptional()
  @IsEmailAddress()
  email?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true, example: 'Ada', description: 'Given name' })
  @IsOptional()
  @IsString()
  @MaxLength(256)
  first_name?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true, example: 'Example', description: 'Family name' })
  @IsOptional()
  @IsString()
  @MaxLength(256)
  last_name?: string | null;

  /** Some agents say `name`. */
  @ApiPropertyOptional({ nullable: true, type: String, description: 'In place of first and last name' })
  @Expose()
  @Transform(({ obj, value }: { obj: { name?: unknown }; value: unknown }) =>
    value === undefined ? obj.name : value,
  )
  @IsOptional()
  @IsString()
  @MaxLength(256)
  full_name?: string | null;

  /** Some agents say `phone`. */
  @ApiPropertyOptional({ nullable: true, type: String, description: 'E.164' })
  @Expose()
  @Transform(({ obj, value }: { obj: { phone?: unknown }; value: unknown }) =>
    value === undefined ? obj.phone : value,
  )
  @IsOptional()
  @IsString()
  @MaxLength(64)
  phone_number?: string | null;

  @ApiPropertyOptional({
    nullable: true,
    type: String,
    description: 'What the agent’s platform knows the buyer by',
  })
  @IsOptional()
  @IsString()
  @MaxLength(256)
  customer_id?: string | null;

  @ApiPropertyOptional({
    nullable: true,
    type: String,
    enum: ['guest', 'registered', 'business'],
    description: 'What account the buyer has',
  })
  @IsOptional()
  @IsIn(['guest', 'registered', 'business'])
  account_type?: string | null;

  @ApiPropertyOptional({
    nullable: true,
    type: String,
    enum: ['authenticated', 'guest', 'requires_signin'],
    description: 'Whether the buyer is signed in',
  })
  @IsOptional()
  @IsIn(['authenticated', 'guest', 'requires_signin'])
  authentication_status?: string | null;

  @ApiPropertyOptional({ nullable: true, type: CompanyDto, description: 'For whom the buyer buys' })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => CompanyDto)
  company?: CompanyDto | null;

  @ApiPropertyOptional({ nullable: true, type: LoyaltyDto, description: 'The buyer’s loyalty programme' })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => LoyaltyDto)
  loyalty?: LoyaltyDto | null;

  @ApiPropertyOptional({
    nullable: true,
    type: TaxExemptionDto,
    description: 'Why no tax is due; kept for the merchant',
  })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => TaxExemptionDto)
  tax_exemption?: TaxExemptionDto | null;
}
