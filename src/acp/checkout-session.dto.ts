import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsDefined,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  MaxLength,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { AuthenticationResultDto } from './authentication-result.dto.js';
import { AffiliateAttributionDto, MarketingConsentDto } from './attribution.dto.js';
import { BuyerDto } from './buyer.dto.js';
import {
  DiscountsDto,
  FulfillmentDetailsDto,
  RequestedItemDto,
  SelectedFulfillmentOptionDto,
} from './cart.dto.js';
import { PaymentDataDto } from './payment-data.dto.js';
import { IsFlatObject } from './wire-formats.js';

/** What create and update have in common. */
class CartDto {
  @ApiPropertyOptional({ type: [RequestedItemDto], description: 'Another name of `line_items`' })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(200)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => RequestedItemDto)
  items?: RequestedItemDto[];

  @ApiPropertyOptional({ nullable: true, type: BuyerDto, description: 'Who buys; merged into what is known' })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => BuyerDto)
  buyer?: BuyerDto | null;

  @ApiPropertyOptional({
    nullable: true,
    type: FulfillmentDetailsDto,
    description: 'Where it goes; merged into what is known',
  })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => FulfillmentDetailsDto)
  fulfillment_details?: FulfillmentDetailsDto | null;

  @ApiPropertyOptional({
    nullable: true,
    type: [SelectedFulfillmentOptionDto],
    description: 'Without it the cheapest option is taken',
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(20)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => SelectedFulfillmentOptionDto)
  selected_fulfillment_options?: SelectedFulfillmentOptionDto[] | null;

  @ApiPropertyOptional({ nullable: true, type: DiscountsDto, description: 'What makes it cheaper' })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => DiscountsDto)
  discounts?: DiscountsDto | null;

  @ApiPropertyOptional({
    nullable: true,
    type: [String],
    deprecated: true,
    description: 'Older name of `discounts.codes`',
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(20)
  @IsString({ each: true })
  coupons?: string[] | null;

  @ApiPropertyOptional({
    nullable: true,
    type: String,
    maxLength: 5000,
    description: 'The buyer’s wishes, for the merchant',
  })
  @IsOptional()
  @IsString()
  @MaxLength(5000)
  order_notes?: string | null;
}

export class DeclaredHandlerDto {
  @ApiPropertyOptional({ description: 'Name of the handler, as a reversed domain' })
  @IsOptional()
  @IsString()
  name?: string;
}

export class PaymentCapabilitiesDto {
  @ApiPropertyOptional({ type: [DeclaredHandlerDto], description: 'Those that the agent implements' })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => DeclaredHandlerDto)
  handlers?: DeclaredHandlerDto[];
}

export class InterventionCapabilitiesDto {
  @ApiPropertyOptional({
    type: [String],
    example: ['3ds'],
    description: 'Steps of a payment that the agent can go through with the buyer',
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(20)
  @IsString({ each: true })
  supported?: string[];
}

export class CapabilitiesDto {
  @ApiPropertyOptional({ type: PaymentCapabilitiesDto, description: 'How the agent can pay' })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => PaymentCapabilitiesDto)
  payment?: PaymentCapabilitiesDto;

  @ApiPropertyOptional({
    type: InterventionCapabilitiesDto,
    description: 'What the agent can do about payment steps',
  })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => InterventionCapabilitiesDto)
  interventions?: InterventionCapabilitiesDto;

  @ApiPropertyOptional({
    type: [String],
    example: ['discount'],
    description: 'Names, or objects with a name',
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  extensions?: unknown[];
}

export class CreateCheckoutSessionDto extends CartDto {
  @ApiProperty({
    type: [RequestedItemDto],
    example: [{ id: 'item_trail_shoe_9', quantity: 1 }],
    description: 'What is to be bought',
  })
  @ValidateIf((dto: CreateCheckoutSessionDto) => dto.items == null || dto.line_items !== undefined)
  @IsDefined()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(200)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => RequestedItemDto)
  line_items?: RequestedItemDto[];

  @ApiProperty({ description: 'ISO 4217, in either case', example: 'usd' })
  @ValidateIf((dto: CreateCheckoutSessionDto) => dto.items == null || dto.currency !== undefined)
  @IsString()
  @Matches(/^[A-Za-z]{3}$/, { message: 'currency must be an ISO 4217 code' })
  currency?: string;

  @ApiProperty({
    type: CapabilitiesDto,
    example: { interventions: { supported: ['3ds'] } },
    description: 'What the agent can do; `{}` if nothing of it',
  })
  @ValidateIf((dto: CreateCheckoutSessionDto) => dto.items == null || dto.capabilities !== undefined)
  @IsObject()
  @ValidateNested()
  @Type(() => CapabilitiesDto)
  capabilities?: CapabilitiesDto;

  @ApiPropertyOptional({ example: 'en-US', description: 'The buyer’s language (BCP 47)' })
  @IsOptional()
  @IsString()
  @MaxLength(35)
  locale?: string;

  @ApiPropertyOptional({ example: 'America/Los_Angeles', description: 'The buyer’s time zone (IANA)' })
  @IsOptional()
  @IsString()
  @MaxLength(64)
  timezone?: string;

  @ApiPropertyOptional({ description: 'The agent’s own id of a quote; shown again' })
  @IsOptional()
  @IsString()
  @MaxLength(256)
  quote_id?: string;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description: 'What the agent wants to find again; shown again',
  })
  @IsOptional()
  @IsObject()
  metadata?: Record<string, unknown>;

  @ApiPropertyOptional({ type: AffiliateAttributionDto, description: 'Who sent the buyer' })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => AffiliateAttributionDto)
  affiliate_attribution?: AffiliateAttributionDto;
}

export class UpdateCheckoutSessionDto extends CartDto {
  @ApiPropertyOptional({ nullable: true, type: [RequestedItemDto], description: 'Replaces all lines' })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(200)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => RequestedItemDto)
  line_items?: RequestedItemDto[] | null;
}

export class CompleteCheckoutSessionDto {
  @ApiPropertyOptional({
    nullable: true,
    type: PaymentDataDto,
    description: 'Required unless the total is 0',
  })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => PaymentDataDto)
  payment_data?: PaymentDataDto | null;

  @ApiPropertyOptional({ nullable: true, type: BuyerDto, description: 'Who buys; merged into what is known' })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => BuyerDto)
  buyer?: BuyerDto | null;

  @ApiPropertyOptional({
    nullable: true,
    type: String,
    maxLength: 5000,
    description: 'The buyer’s wishes, for the merchant',
  })
  @IsOptional()
  @IsString()
  @MaxLength(5000)
  order_notes?: string | null;

  @ApiPropertyOptional({
    nullable: true,
    type: AuthenticationResultDto,
    description: 'Required while the session is `authentication_required`, whatever the outcome',
  })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => AuthenticationResultDto)
  authentication_result?: AuthenticationResultDto | null;

  @ApiPropertyOptional({ type: AffiliateAttributionDto, description: 'Who sent the buyer' })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => AffiliateAttributionDto)
  affiliate_attribution?: AffiliateAttributionDto;

  @ApiPropertyOptional({ type: [MarketingConsentDto], description: 'What the buyer agreed to hear' })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(20)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => MarketingConsentDto)
  marketing_consents?: MarketingConsentDto[];
}

export class IntentTraceDto {
  @ApiProperty({ description: 'One that is not known counts as `other`', example: 'price_sensitivity' })
  @IsString()
  reason_code: string;

  @ApiPropertyOptional({ maxLength: 500, description: 'The reason in words' })
  @IsOptional()
  @IsString()
  @MaxLength(500)
  trace_summary?: string;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description: 'What else the agent wants to say, one level deep',
  })
  @IsOptional()
  @IsFlatObject()
  metadata?: Record<string, unknown>;
}

export class CancelCheckoutSessionDto {
  @ApiPropertyOptional({ type: IntentTraceDto, description: 'Why it is canceled' })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => IntentTraceDto)
  intent_trace?: IntentTraceDto;
}
