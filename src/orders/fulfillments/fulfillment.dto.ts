import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsObject, IsOptional, IsString, Length, ValidateNested } from 'class-validator';
import { IsTimestamp } from '../../common/http/timestamp.js';
import { IsWebAddress } from '../../common/http/web-address.js';
import { AreLineQuantities, LineQuantityDto } from '../line-quantity.dto.js';
import {
  fulfillmentEventTypes,
  type FulfillmentEventType,
  fulfillmentTypes,
  type FulfillmentType,
} from './fulfillment.states.js';

export class DigitalDeliveryDto {
  @ApiProperty({
    example: 'https://shop.example/downloads/field-guide?token=9f2c',
    maxLength: 2000,
    description: 'Where the buyer gets it',
  })
  @IsWebAddress()
  access_url: string;

  @ApiPropertyOptional({
    example: 'FIELD-2026-7QX4-M2KD',
    maxLength: 500,
    description: 'What unlocks it',
  })
  @IsOptional()
  @IsString()
  @Length(1, 500)
  license_key?: string;

  @ApiPropertyOptional({ example: '2027-11-22T00:00:00Z', description: 'When access ends (RFC 3339)' })
  @IsOptional()
  @IsTimestamp()
  expires_at?: string;
}

export class FulfillmentDto {
  @ApiProperty({ enum: fulfillmentTypes, example: 'shipping', description: 'How it gets to the buyer' })
  @IsIn(fulfillmentTypes)
  type: FulfillmentType;

  @ApiProperty({ type: [LineQuantityDto], description: 'What is in it; a line stands here once' })
  @AreLineQuantities()
  line_items: LineQuantityDto[];

  @ApiPropertyOptional({ example: 'UPS', maxLength: 100, description: 'Only for shipping' })
  @IsOptional()
  @IsString()
  @Length(1, 100)
  carrier?: string;

  @ApiPropertyOptional({ example: '1Z999AA10123456784', maxLength: 100, description: 'Only for shipping' })
  @IsOptional()
  @IsString()
  @Length(1, 100)
  tracking_number?: string;

  @ApiPropertyOptional({
    example: 'https://shop.example/track/1Z999AA10123456784',
    maxLength: 2000,
    description: 'Only for shipping',
  })
  @IsOptional()
  @IsWebAddress()
  tracking_url?: string;

  @ApiPropertyOptional({
    type: DigitalDeliveryDto,
    description: 'Only for digital: with it, the fulfillment is delivered at once',
  })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => DigitalDeliveryDto)
  digital_delivery?: DigitalDeliveryDto;

  @ApiPropertyOptional({ example: 'Two parcels', maxLength: 500, description: 'For the buyer' })
  @IsOptional()
  @IsString()
  @Length(1, 500)
  description?: string;
}

export class FulfillmentEventDto {
  @ApiProperty({ enum: fulfillmentEventTypes, example: 'shipped', description: 'What happened' })
  @IsIn(fulfillmentEventTypes)
  type: FulfillmentEventType;

  @ApiPropertyOptional({
    example: '2026-11-20T14:05:00Z',
    description: 'RFC 3339, not in the future. Without it: now',
  })
  @IsOptional()
  @IsTimestamp()
  occurred_at?: string;

  @ApiPropertyOptional({ example: 'Left at the front door', maxLength: 500, description: 'For the buyer' })
  @IsOptional()
  @IsString()
  @Length(1, 500)
  description?: string;

  @ApiPropertyOptional({ example: 'Memphis, TN', maxLength: 200, description: 'Where it happened' })
  @IsOptional()
  @IsString()
  @Length(1, 200)
  location?: string;
}
