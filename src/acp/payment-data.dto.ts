import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsObject, IsOptional, IsString, Length, ValidateIf, ValidateNested } from 'class-validator';

export class CredentialDto {
  @ApiProperty({ example: 'spt', description: 'One of those that the handler accepts' })
  @IsString()
  @Length(1, 64)
  type: string;

  @ApiProperty({ description: 'The payment token', example: 'tok_visa' })
  @IsString()
  @Length(1, 2000)
  token: string;

  @ApiPropertyOptional({ description: 'With `razorpay_payment`: the order of the handler config' })
  @IsOptional()
  @IsString()
  @Length(1, 64)
  order_id?: string;

  @ApiPropertyOptional({ description: 'With `razorpay_payment`: what Checkout returned' })
  @IsOptional()
  @IsString()
  @Length(1, 256)
  signature?: string;

  @ApiPropertyOptional({ description: 'With `razorpay_token`: whose saved token it is' })
  @IsOptional()
  @IsString()
  @Length(1, 64)
  customer_id?: string;
}

export class InstrumentDto {
  @ApiProperty({ example: 'card', description: 'One of those that the handler accepts' })
  @IsString()
  @Length(1, 64)
  type: string;

  @ApiProperty({ type: CredentialDto, description: 'What pays' })
  @IsObject()
  @ValidateNested()
  @Type(() => CredentialDto)
  credential: CredentialDto;
}

export class PaymentDataDto {
  @ApiPropertyOptional({ description: 'One of `capabilities.payment.handlers`', example: 'card_tokenized' })
  @IsOptional()
  @IsString()
  @Length(1, 64)
  handler_id?: string;

  @ApiPropertyOptional({ type: InstrumentDto, description: 'What is paid with' })
  @ValidateIf((dto: PaymentDataDto) => dto.token == null)
  @IsObject()
  @ValidateNested()
  @Type(() => InstrumentDto)
  instrument?: InstrumentDto;

  @ApiPropertyOptional({
    description: 'Older shape, with `provider`, in place of `handler_id` and `instrument`',
  })
  @IsOptional()
  @IsString()
  @Length(1, 2000)
  token?: string;

  @ApiPropertyOptional({ description: 'Code of the payment provider; only with `token`' })
  @IsOptional()
  @IsString()
  @Length(1, 64)
  provider?: string;
}
