import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, IsOptional, IsString, Length, Max, Min } from 'class-validator';
import { AreLineQuantities, LineQuantityDto } from './line-quantity.dto.js';

export class RefundOrderDto {
  @ApiPropertyOptional({
    type: 'integer',
    description: 'Minor units. Without it: the lines’ paid share, or all that is not yet refunded',
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
    description: 'What it is for; changes no quantity and no stock',
  })
  @IsOptional()
  @AreLineQuantities()
  line_items?: LineQuantityDto[];

  @ApiProperty({ example: 'damaged on arrival', maxLength: 500, description: 'The buyer can read it' })
  @IsString()
  @Length(1, 500)
  reason: string;
}

export class CancelOrderDto {
  @ApiProperty({ example: 'cannot be delivered', maxLength: 500, description: 'The buyer can read it' })
  @IsString()
  @Length(1, 500)
  reason: string;
}

export class OrderStatusDto {
  @ApiProperty({ example: 'packing', description: 'A merchant status of the setting `orders.statusMap`' })
  @IsString()
  @Length(1, 64)
  status: string;
}

export class ReviewOrderDto {
  @ApiProperty({
    enum: ['approve', 'reject'],
    example: 'approve',
    description: '`reject` cancels the order and returns the money',
  })
  @IsIn(['approve', 'reject'])
  decision: 'approve' | 'reject';

  @ApiPropertyOptional({
    example: 'the buyer answered the phone',
    maxLength: 500,
    description: 'With `reject` the buyer can read it',
  })
  @IsOptional()
  @IsString()
  @Length(1, 500)
  reason?: string;
}
