import { ApiPropertyOptional } from '@nestjs/swagger';
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
  @IsString()
  @Length(1, 256)
  name: string;

  @IsOptional()
  @IsString()
  @MaxLength(256)
  tax_id?: string;

  @IsOptional()
  @IsString()
  @MaxLength(256)
  department?: string;

  @IsOptional()
  @IsString()
  @MaxLength(256)
  cost_center?: string;
}

export class LoyaltyDto {
  @IsOptional()
  @IsString()
  @MaxLength(256)
  tier?: string;

  @IsOptional()
  @IsInt()
  points_balance?: number;

  @IsOptional()
  @IsTimestamp()
  member_since?: string;
}

export class TaxExemptionDto {
  @IsString()
  @Length(1, 256)
  certificate_id: string;

  @IsIn(['resale', 'exempt_organization', 'government'])
  certificate_type: string;

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @IsString({ each: true })
  exempt_regions?: string[];

  @IsOptional()
  @IsTimestamp()
  expires_at?: string;
}

/** Who buys (ACP §3.2 `Buyer`). On an update it merges into what is known; null clears a member. */
export class BuyerDto {
  @ApiPropertyOptional({ example: 'ada@example.com', description: 'Required, unless it was sent before' })
  @IsOptional()
  @IsEmailAddress()
  email?: string | null;

  @ApiPropertyOptional({ example: 'Ada' })
  @IsOptional()
  @IsString()
  @MaxLength(256)
  first_name?: string | null;

  @ApiPropertyOptional({ example: 'Example' })
  @IsOptional()
  @IsString()
  @MaxLength(256)
  last_name?: string | null;

  /** Some agents say `name`. */
  @Expose()
  @Transform(({ obj, value }: { obj: { name?: unknown }; value: unknown }) =>
    value === undefined ? obj.name : value,
  )
  @IsOptional()
  @IsString()
  @MaxLength(256)
  full_name?: string | null;

  /** Some agents say `phone`. */
  @Expose()
  @Transform(({ obj, value }: { obj: { phone?: unknown }; value: unknown }) =>
    value === undefined ? obj.phone : value,
  )
  @IsOptional()
  @IsString()
  @MaxLength(64)
  phone_number?: string | null;

  @IsOptional()
  @IsString()
  @MaxLength(256)
  customer_id?: string | null;

  @IsOptional()
  @IsIn(['guest', 'registered', 'business'])
  account_type?: string | null;

  @IsOptional()
  @IsIn(['authenticated', 'guest', 'requires_signin'])
  authentication_status?: string | null;

  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => CompanyDto)
  company?: CompanyDto | null;

  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => LoyaltyDto)
  loyalty?: LoyaltyDto | null;

  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => TaxExemptionDto)
  tax_exemption?: TaxExemptionDto | null;
}
