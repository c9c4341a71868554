import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  IsUrl,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { MayBeAbsent } from '../../common/http/may-be-absent.js';
import { StockDto } from '../inventory.dto.js';

/*
 * What the merchant says of a product. `IsOptional` lets null pass where it clears a thing; `MayBeAbsent` does not,
 * for what a thing cannot be without.
 */

const maximumItems = 500;

const IsName = (): PropertyDecorator =>
  applyDecorators(IsString(), Length(1, 200), Matches(/\S/, { message: '$property must not be blank' }));
const IsMerchantId = (): PropertyDecorator =>
  applyDecorators(
    IsString(),
    Matches(/^[A-Za-z0-9_-]{1,64}$/, {
      message: '$property must be 1 to 64 letters, digits, underscores or hyphens',
    }),
  );
const AreImages = (): PropertyDecorator =>
  applyDecorators(
    IsArray(),
    ArrayMaxSize(20),
    MaxLength(2_000, { each: true }),
    IsUrl({ protocols: ['https', 'http'], require_protocol: true, require_tld: false }, { each: true }),
  );

const prices = {
  description: 'Minor units by lowercase ISO 4217 code, without tax. Replaced whole.',
  type: 'object' as const,
  additionalProperties: { type: 'integer', minimum: 0 },
  example: { usd: 6400, inr: 539900 },
};
const delivery = {
  enum: ['shipping', 'digital'],
  example: 'shipping',
  description: 'How it gets to the buyer; `digital` needs no address',
};

export class VariantOptionDto {
  @ApiProperty({ example: 'Size', description: 'What the variants differ in' })
  @IsString()
  @Length(1, 100)
  name: string;

  @ApiProperty({ example: 'M', description: 'Which one this is' })
  @IsString()
  @Length(1, 100)
  value: string;
}

/** What an item may have beside what it must have. */
class ItemOptionsDto {
  @ApiPropertyOptional({ nullable: true, type: [VariantOptionDto], description: 'Which variant it is' })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(20)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => VariantOptionDto)
  variant_options?: VariantOptionDto[] | null;

  @ApiPropertyOptional({ ...delivery, default: 'shipping' })
  @MayBeAbsent()
  @IsIn(['shipping', 'digital'])
  delivery?: 'shipping' | 'digital';

  @ApiPropertyOptional({
    nullable: true,
    type: 'integer',
    example: 5,
    minimum: 1,
    description: 'At most so many in one order; without it, no limit',
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  max_per_order?: number | null;

  @ApiPropertyOptional({ example: true, default: true, description: 'Whether agents can buy it' })
  @MayBeAbsent()
  @IsBoolean()
  on_sale?: boolean;

  @ApiPropertyOptional({
    type: StockDto,
    description: 'Sets stock outright. Without it stock stays as it is; a new item has none.',
  })
  @MayBeAbsent()
  @IsObject()
  @ValidateNested()
  @Type(() => StockDto)
  inventory?: StockDto;
}

export class CatalogItemDto extends ItemOptionsDto {
  @ApiPropertyOptional({ example: 'item_rain_jacket_m', description: 'Made up if absent' })
  @MayBeAbsent()
  @IsMerchantId()
  id?: string;

  @ApiProperty({ example: 'Rain Jacket, M', description: 'What agents and buyers read' })
  @IsName()
  name: string;

  @ApiProperty(prices)
  @IsObject()
  prices: Record<string, number>;
}

class ProductOptionsDto {
  @ApiPropertyOptional({
    nullable: true,
    type: 'string',
    example: 'Keeps out an hour of heavy rain.',
    description: 'For agents and buyers',
  })
  @IsOptional()
  @IsString()
  @MaxLength(10_000)
  description?: string | null;

  @ApiPropertyOptional({
    nullable: true,
    type: 'string',
    example: 'clothing',
    description: 'Yours, to find it by',
  })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  category?: string | null;

  @ApiPropertyOptional({
    nullable: true,
    type: [String],
    example: ['https://shop.example/rain-jacket.jpg'],
    description: 'Addresses; the first one leads',
  })
  @IsOptional()
  @AreImages()
  images?: string[] | null;
}

export class ProductDto extends ProductOptionsDto {
  @ApiPropertyOptional({ example: 'prod_rain_jacket', description: 'Made up if absent' })
  @MayBeAbsent()
  @IsMerchantId()
  id?: string;

  @ApiProperty({ example: 'Rain Jacket', description: 'What agents and buyers read' })
  @IsName()
  name: string;

  @ApiProperty({ type: [CatalogItemDto], description: 'Its variants, at least one' })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(maximumItems)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => CatalogItemDto)
  items: CatalogItemDto[];
}

export class CatalogItemChangesDto extends ItemOptionsDto {
  @ApiPropertyOptional({
    example: 'item_trail_shoe_9',
    description: 'Of the item to change; else it is a new one',
  })
  @MayBeAbsent()
  @IsMerchantId()
  id?: string;

  @ApiPropertyOptional({ example: 'Trail Shoe, size 9', description: 'What agents and buyers read' })
  @MayBeAbsent()
  @IsName()
  name?: string;

  @ApiPropertyOptional(prices)
  @MayBeAbsent()
  @IsObject()
  prices?: Record<string, number>;

  @ApiPropertyOptional({ example: false, description: 'True takes the item out of the product' })
  @MayBeAbsent()
  @IsBoolean()
  remove?: boolean;
}

export class ProductChangesDto extends ProductOptionsDto {
  @ApiPropertyOptional({ example: 'Trail Shoe', description: 'What agents and buyers read' })
  @MayBeAbsent()
  @IsName()
  name?: string;

  @ApiPropertyOptional({
    type: [CatalogItemChangesDto],
    description: 'Merged by id: items that are not named stay',
  })
  @MayBeAbsent()
  @IsArray()
  @ArrayMaxSize(maximumItems)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => CatalogItemChangesDto)
  items?: CatalogItemChangesDto[];
}
