import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsInt, IsOptional, IsString, Length, Max, Min } from 'class-validator';
import { AreLineQuantities, LineQuantityDto } from '../line-quantity.dto.js';

/** What a merchant records; refunds have a route of their own, disputes come from the provider. */
export const recordedTypes = ['credit', 'return', 'exchange', 'price_adjustment', 'cancellation'] as const;
export type RecordedType = (typeof recordedTypes)[number];

export class AdjustmentDto {
  @ApiProperty({ enum: recordedTypes, example: 'return', description: 'What changed' })
  @IsIn(recordedTypes)
  type: RecordedType;

  @ApiPropertyOptional({
    type: 'integer',
    description: 'Minor units, tax included; needed for `credit` and `price_adjustment`. Moves no money',
    example: 500,
    minimum: 1,
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  amount?: number;

  @ApiPropertyOptional({ description: "The order's, if it is sent at all", example: 'usd' })
  @IsOptional()
  @IsString()
  @Length(3, 3)
  currency?: string;

  @ApiPropertyOptional({
    type: [LineQuantityDto],
    description: 'Needed for `return`, `exchange` and `cancellation`; a line stands here once',
  })
  @IsOptional()
  @AreLineQuantities()
  line_items?: LineQuantityDto[];

  @ApiPropertyOptional({ example: 'wrong_size', maxLength: 100, description: 'A code' })
  @IsOptional()
  @IsString()
  @Length(1, 100)
  reason?: string;

  @ApiPropertyOptional({ example: 'One shirt was too small', maxLength: 500, description: 'For the buyer' })
  @IsOptional()
  @IsString()
  @Length(1, 500)
  description?: string;

  @ApiPropertyOptional({
    example: true,
    description:
      'Puts the pieces back on the shelf. Only for `return` (by default not) and `cancellation` (by default so)',
  })
  @IsOptional()
  @IsBoolean()
  restock?: boolean;
}
