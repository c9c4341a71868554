import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';

export class RefundedLineDto {
  @ApiProperty({ example: 'li_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1' })
  @IsString()
  @Length(1, 64)
  id: string;

  @ApiProperty({ example: 1, minimum: 1 })
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  quantity: number;
}

export class RefundOrderDto {
  @ApiPropertyOptional({
    description: 'Minor units. Without it: the lines’ paid share, or all that is not yet refunded',
    example: 500,
    minimum: 1,
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  amount?: number;

  @ApiPropertyOptional({
    type: [RefundedLineDto],
    description: 'What it is for; changes no quantity and no stock',
  })
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(200)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => RefundedLineDto)
  line_items?: RefundedLineDto[];

  @ApiProperty({ example: 'damaged on arrival', maxLength: 500 })
  @IsString()
  @Length(1, 500)
  reason: string;
}

export class CancelOrderDto {
  @ApiProperty({ example: 'cannot be delivered', maxLength: 500 })
  @IsString()
  @Length(1, 500)
  reason: string;
}
