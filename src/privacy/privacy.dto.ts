import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { MaxLength } from 'class-validator';
import { IsEmailAddress } from '../common/http/email-address.js';

export class PersonDto {
  @ApiProperty({ example: 'ada@example.com', description: 'In any case, with or without space around it' })
  @Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? value.trim().toLowerCase() : value,
  )
  @MaxLength(320)
  @IsEmailAddress()
  email: string;
}
