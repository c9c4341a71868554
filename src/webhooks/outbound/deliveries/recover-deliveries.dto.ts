import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsISO8601, IsOptional, IsRFC3339 } from 'class-validator';

export class RecoverDeliveriesDto {
  @ApiProperty({
    description: 'RFC 3339: what happened from then on',
    example: '2026-11-22T00:00:00Z',
    format: 'date-time',
  })
  // Each lets something pass that the other knows to be no moment: 2026-W47, the 30th of February.
  @IsRFC3339()
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
