import { IsBoolean, IsOptional, IsString, IsTimeZone, Length, Matches } from 'class-validator';
import { IsEmailAddress } from '../common/http/email-address.js';

/** The shop as its buyers know it. */
export class StoreSettings {
  static readonly namespace = 'store';
  static defaults = (): StoreSettings =>
    Object.assign(new StoreSettings(), {
      name: 'Storekeeper shop',
      email: null,
      timezone: 'UTC',
      sendOrderConfirmation: true,
      sendShipmentNotices: true,
    });

  @IsString()
  @Length(1, 100)
  @Matches(/^[^\p{Cc}]*$/u, { message: 'name must be one line' })
  name: string;

  /** Sender of e-mails; null: `no-reply@` and the host of `PUBLIC_URL`. */
  @IsOptional()
  @IsEmailAddress()
  email: string | null;

  /** IANA name: the one in which dates are told to buyers. */
  @IsTimeZone()
  timezone: string;

  /** Matters only where there is a mail server (`SMTP_URL`), as does the next. */
  @IsBoolean()
  sendOrderConfirmation: boolean;

  @IsBoolean()
  sendShipmentNotices: boolean;
}
