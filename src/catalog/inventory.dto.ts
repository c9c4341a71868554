import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsInt, IsOptional, IsString, Length, Max, Min } from 'class-validator';
import { MayBeAbsent } from '../common/http/may-be-absent.js';

export const maximumOnHand = 1_000_000_000_000;

/** Sets stock outright; what is absent stays as it is. */
export class StockDto {
  @ApiPropertyOptional({ example: true, description: 'False for what never runs out' })
  @MayBeAbsent()
  @IsBoolean()
  tracked?: boolean;

  @ApiPropertyOptional({ type: 'integer', example: 40, minimum: 0, description: 'Not less than is reserved' })
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(maximumOnHand)
  on_hand?: number;
}

export class ChangeInventoryDto extends StockDto {
  @ApiPropertyOptional({
    type: 'integer',
    description: 'Instead of `on_hand`: so many more, or with a minus fewer, whatever is sold meanwhile',
  })
  @MayBeAbsent()
  @IsInt()
  @Min(-maximumOnHand)
  @Max(maximumOnHand)
  delta?: number;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    example: 'stock count of May',
    maxLength: 200,
    description: 'For the ledger',
  })
  @IsOptional()
  @IsString()
  @Length(1, 200)
  reason?: string | null;
}
