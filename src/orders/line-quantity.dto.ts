import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsInt,
  IsObject,
  IsString,
  Length,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';

export class LineQuantityDto {
  @ApiProperty({
    example: 'li_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
    description: 'Id of a line of the order',
  })
  @IsString()
  @Length(1, 64)
  id: string;

  @ApiProperty({ type: 'integer', example: 1, minimum: 1, description: 'How many pieces of it' })
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  quantity: number;
}

/** At least one line of the order, with a number of pieces. */
export const AreLineQuantities = (): PropertyDecorator =>
  applyDecorators(
    IsArray(),
    ArrayMinSize(1),
    ArrayMaxSize(200),
    IsObject({ each: true }),
    ValidateNested({ each: true }),
    Type(() => LineQuantityDto),
  );
