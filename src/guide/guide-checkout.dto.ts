import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsDefined,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { maximumQuantity } from '../checkout/cart-changes.js';
import { IsEmailAddress } from '../common/http/email-address.js';
import { IsPaymentToken, type PaymentToken } from './payment-token.js';
import { ShippingAddressDto } from './shipping-address.dto.js';

const product = { description: 'A product with one item, or an item', example: 'item_trail_shoe_9' };
const variant = { description: 'Which item of the product; required if it has several' };

export class GuideItemDto {
  @ApiProperty(product)
  @Length(1, 200)
  @IsString()
  product_id: string;

  @ApiPropertyOptional(variant)
  @IsOptional()
  @Length(1, 200)
  @IsString()
  variant_id?: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, description: 'How many', default: 1 })
  @IsOptional()
  @Min(1)
  @Max(maximumQuantity)
  @IsInt()
  quantity?: number;
}

/** What every request may carry. */
class GuideRequestDto {
  @ApiPropertyOptional({ description: 'In place of the header `Idempotency-Key`', example: 'buy-1' })
  @IsOptional()
  @Length(1, 255)
  @IsString()
  idempotency_key?: string;
}

class GuideCartDto extends GuideRequestDto {
  @ApiPropertyOptional({
    nullable: true,
    type: ShippingAddressDto,
    description: 'Where it goes; not needed for downloads',
  })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => ShippingAddressDto)
  shipping_address?: ShippingAddressDto | null;

  @ApiPropertyOptional({
    nullable: true,
    type: [GuideItemDto],
    description: 'What is to be bought; replaces what was',
  })
  @IsOptional()
  @ArrayNotEmpty()
  @ArrayMaxSize(200)
  @IsArray()
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => GuideItemDto)
  items?: GuideItemDto[] | null;
}

/** The items in a list, or one of them flat, as the tool sends it. */
export class CreateGuideCheckoutDto extends GuideCartDto {
  @ApiPropertyOptional({ ...product, description: 'In place of `items`' })
  @ValidateIf((dto: CreateGuideCheckoutDto) => dto.items == null || dto.product_id !== undefined)
  @IsDefined()
  @Length(1, 200)
  @IsString()
  product_id?: string;

  @ApiPropertyOptional(variant)
  @IsOptional()
  @Length(1, 200)
  @IsString()
  variant_id?: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, description: 'How many of `product_id`', default: 1 })
  @IsOptional()
  @Min(1)
  @Max(maximumQuantity)
  @IsInt()
  quantity?: number;

  @ApiPropertyOptional({
    description: 'ISO 4217. Without it INR for an address in India, else USD',
    example: 'USD',
  })
  @IsOptional()
  @Matches(/^[A-Za-z]{3}$/, { message: '$property must be an ISO 4217 code' })
  @IsString()
  currency?: string;
}

export class UpdateGuideCheckoutDto extends GuideCartDto {
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'One of `shipping_options`',
    example: 'ship_express',
  })
  @IsOptional()
  @Length(1, 200)
  @IsString()
  shipping_option_id?: string | null;
}

export class GuideBuyerDto {
  @ApiPropertyOptional({ example: 'ada@example.com', description: 'Required, unless it was sent before' })
  @IsOptional()
  @IsEmailAddress()
  email?: string;

  @ApiPropertyOptional({ example: 'Ada Example', description: 'The full name' })
  @IsOptional()
  @MaxLength(256)
  @IsString()
  name?: string;
}

export class CompleteGuideCheckoutDto extends GuideRequestDto {
  @ApiPropertyOptional({
    nullable: true,
    description: 'A card token (Stripe), or the credential object (Razorpay). Required unless the total is 0',
    oneOf: [{ type: 'string' }, { type: 'object', additionalProperties: { type: 'string' } }],
    example: 'tok_visa',
  })
  @IsOptional()
  @IsPaymentToken()
  payment_token?: PaymentToken | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'One of `payment_methods`; without it the one the token is made for',
    example: 'stripe',
  })
  @IsOptional()
  @Length(1, 64)
  @IsString()
  payment_provider?: string | null;

  @ApiPropertyOptional({ nullable: true, type: GuideBuyerDto, description: 'Who buys' })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => GuideBuyerDto)
  buyer?: GuideBuyerDto | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description:
      'As read to the buyer. Another one than is selected changes the checkout and charges nothing',
    example: 'ship_standard',
  })
  @IsOptional()
  @Length(1, 200)
  @IsString()
  shipping_option_id?: string | null;
}
