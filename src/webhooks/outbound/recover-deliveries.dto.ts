import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsISO8601, IsOptional } from 'class-validator';

export class RecoverDeliveriesDto {
  @ApiProperty({
    description: 'RFC 3339: what happened from then on',
    example: '2026-11-22T00:00:00Z',
    format: 'date-time',
  })
  @IsISO8601({ strict: true, strictSeparator: true })
  since: string;

  @ApiPropertyOptional({
    description: 'Also what has arrived already: for a receiver that lost its data',
    default: false,
  })
  @IsOptional()
  @IsBoolean()
  include_delivered?: boolean;
}
