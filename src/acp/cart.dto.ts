import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { maximumQuantity } from '../checkout/cart-changes.js';
import { IsEmailAddress } from '../common/http/email-address.js';

/*
 * The parts of a request of ACP 2026-04-17. What is absent stays as it is, what is null is cleared (§3.1), so
 * `IsOptional`, which lets both pass, is what most members want.
 */

/** An item by itself or inside a line: agents send both shapes, with the quantity on either (§3.3). */
export class ItemDto {
  @ApiPropertyOptional({ description: 'Id of the item', example: 'item_trail_shoe_9' })
  @IsOptional()
  @IsString()
  @Length(1, 200)
  id?: string;

  @ApiPropertyOptional({ type: 'integer', description: 'How many pieces', minimum: 1, default: 1 })
  @IsOptional()
  @Min(1)
  @Max(maximumQuantity)
  @IsInt()
  quantity?: number;
}

export class RequestedItemDto {
  @ApiPropertyOptional({ description: 'The item', example: 'item_trail_shoe_9' })
  @IsOptional()
  @IsString()
  @Length(1, 200)
  id?: string;

  @ApiPropertyOptional({ type: ItemDto, description: 'The item, as older agents and echoed lines name it' })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => ItemDto)
  item?: ItemDto;

  @ApiPropertyOptional({ type: 'integer', description: 'How many pieces', minimum: 1, default: 1 })
  @IsOptional()
  @Min(1)
  @Max(maximumQuantity)
  @IsInt()
  quantity?: number;
}

export class AddressDto {
  @ApiProperty({ example: 'Ada Example', description: 'Who receives it' })
  @IsString()
  @Length(1, 256)
  name: string;

  @ApiProperty({ example: '1 Main Street', description: 'Street and number' })
  @IsString()
  @Length(1, 256)
  line_one: string;

  @ApiPropertyOptional({ nullable: true, type: String, description: 'What else finds the door' })
  @IsOptional()
  @IsString()
  @MaxLength(256)
  line_two?: string | null;

  @ApiPropertyOptional({ nullable: true, type: String, description: 'The company' })
  @IsOptional()
  @IsString()
  @MaxLength(256)
  company?: string | null;

  @ApiProperty({ example: 'San Francisco', description: 'The city' })
  @IsString()
  @Length(1, 256)
  city: string;

  @ApiProperty({ description: 'With or without the country: `CA` or `US-CA`', example: 'CA' })
  @IsString()
  @MaxLength(64)
  state: string;

  @ApiProperty({ description: 'ISO 3166-1 alpha-2', example: 'US' })
  @IsString()
  @Matches(/^[A-Za-z]{2}$/, { message: 'country must be an ISO 3166-1 alpha-2 code' })
  country: string;

  @ApiProperty({ example: '94105', description: 'Postal code' })
  @IsString()
  @Length(1, 32)
  postal_code: string;
}

export class FulfillmentDetailsDto {
  @ApiPropertyOptional({
    nullable: true,
    type: String,
    example: 'Ada Example',
    description: 'Who receives it',
  })
  @IsOptional()
  @IsString()
  @MaxLength(256)
  name?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true, description: 'E.164', example: '+14155550100' })
  @IsOptional()
  @IsString()
  @MaxLength(64)
  phone_number?: string | null;

  @ApiPropertyOptional({
    nullable: true,
    type: String,
    example: 'ada@example.com',
    description: 'Where to write to',
  })
  @IsOptional()
  @IsEmailAddress()
  email?: string | null;

  @ApiPropertyOptional({ nullable: true, type: AddressDto, description: 'Replaced whole' })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => AddressDto)
  address?: AddressDto | null;
}

export class NestedChoiceDto {
  @ApiProperty({ description: 'One of `fulfillment_options`', example: 'ship_express' })
  @IsString()
  @Length(1, 200)
  option_id: string;

  @ApiPropertyOptional({ type: [String], description: 'Ids of items or of line items' })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(200)
  @IsString({ each: true })
  item_ids?: string[];
}

/** Flat, or nested under its type as older agents send it: `{type: "shipping", shipping: {option_id, item_ids}}`. */
export class SelectedFulfillmentOptionDto {
  @ApiPropertyOptional({
    enum: ['shipping', 'digital', 'pickup', 'local_delivery'],
    description: 'How it gets to the buyer',
  })
  @IsOptional()
  @IsString()
  type?: string;

  @ApiPropertyOptional({ description: 'One of `fulfillment_options`', example: 'ship_express' })
  @IsOptional()
  @IsString()
  @Length(1, 200)
  option_id?: string;

  @ApiPropertyOptional({ type: NestedChoiceDto, description: 'The choice, as older agents nest it' })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => NestedChoiceDto)
  shipping?: NestedChoiceDto;

  @ApiPropertyOptional({ type: NestedChoiceDto, description: 'The choice, as older agents nest it' })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => NestedChoiceDto)
  digital?: NestedChoiceDto;

  @ApiPropertyOptional({
    type: [String],
    description: 'Ids of items or of line items',
    example: ['item_trail_shoe_9'],
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(200)
  @IsString({ each: true })
  item_ids?: string[];
}

export class DiscountsDto {
  @ApiPropertyOptional({ type: [String], description: 'Replaces the codes sent before' })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(20)
  @IsString({ each: true })
  codes?: string[];
}
