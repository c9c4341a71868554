import { ApiProperty } from '@nestjs/swagger';
import { IsBoolean, IsOptional, IsString, IsTimeZone, Length, Matches } from 'class-validator';
import { IsEmailAddress } from '../common/http/email-address.js';

/** The shop as its buyers know it. */
export class StoreSettings {
  static readonly namespace = 'store';
  static readonly personal = ['email'];
  static defaults = (): StoreSettings =>
    Object.assign(new StoreSettings(), {
      name: 'Storekeeper shop',
      email: null,
      timezone: 'UTC',
      sendOrderConfirmation: true,
      sendShipmentNotices: true,
    });

  @ApiProperty({ description: 'What the shop is called, in e-mails', example: 'Trail & Tent' })
  @IsString()
  @Length(1, 100)
  @Matches(/^[^\p{Cc}]*$/u, { message: 'name must be one line' })
  name: string;

  @ApiProperty({
    description: 'Sender of e-mails; null: `no-reply@` and the host of `PUBLIC_URL`',
    example: 'help@shop.example',
    nullable: true,
    type: String,
  })
  @IsOptional()
  @IsEmailAddress()
  email: string | null;

  @ApiProperty({
    description: 'IANA time zone: the one in which dates are told to buyers',
    example: 'Asia/Kolkata',
  })
  @IsTimeZone()
  timezone: string;

  @ApiProperty({
    description: 'Whether buyers get a confirmation by e-mail; matters only with a mail server (`SMTP_URL`)',
  })
  @IsBoolean()
  sendOrderConfirmation: boolean;

  @ApiProperty({
    description:
      'Whether buyers hear by e-mail of what is on its way; matters only with a mail server (`SMTP_URL`)',
  })
  @IsBoolean()
  sendShipmentNotices: boolean;
}
