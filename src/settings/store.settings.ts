import { ApiProperty } from '@nestjs/swagger';
import { IsEmail, IsOptional, IsTimeZone, Length } from 'class-validator';

/** Who the shop is. */
export class StoreSettings {
  static readonly namespace = 'store';
  static readonly personal = ['email'];
  static defaults = (): StoreSettings =>
    Object.assign(new StoreSettings(), { name: 'Storekeeper', timezone: 'UTC' });

  @ApiProperty({ description: 'What the shop is called. Nothing reads it yet', example: 'Trail & Tent' })
  @Length(1, 100)
  name: string;

  @ApiProperty({
    description: 'Where buyers can write to. Nothing reads it yet',
    example: 'help@shop.example',
  })
  @IsOptional()
  @IsEmail()
  email?: string;

  @ApiProperty({
    description: 'IANA time zone, for what is counted by days. Nothing reads it yet',
    example: 'Asia/Kolkata',
  })
  @IsTimeZone()
  timezone: string;
}
