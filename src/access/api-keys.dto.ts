import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsInt,
  IsISO8601,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateBy,
} from 'class-validator';
import { type Scope, scopes } from './scopes.js';

const longestOverlapSeconds = 30 * 24 * 3600;

const IsLater = (): PropertyDecorator =>
  ValidateBy({
    name: 'isLater',
    validator: {
      validate: (value) => typeof value === 'string' && Date.parse(value) > Date.now(),
      defaultMessage: () => '$property must be in the future',
    },
  });

export class CreateApiKeyDto {
  @ApiProperty({ example: 'Shopping assistant', maxLength: 100, description: 'What people call the key' })
  @IsString()
  @Length(1, 100)
  @Matches(/\S/, { message: '$property must not be blank' })
  name: string;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    example: 'agt_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
    description: 'Without it a new agent of the same name is made',
  })
  @IsOptional()
  @IsString()
  @Length(1, 64)
  agent_id?: string | null;

  @ApiPropertyOptional({
    nullable: true,
    enum: scopes,
    isArray: true,
    default: ['agent'],
    example: ['agent'],
    description:
      '`agent`: the protocol; `admin`: everything under /admin; `admin:read`: the same without changing anything',
  })
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayUnique()
  @IsIn(scopes, { each: true })
  scopes?: Scope[] | null;

  @ApiPropertyOptional({
    type: 'string',
    format: 'date-time',
    nullable: true,
    example: '2030-01-31T18:00:00Z',
    description: 'RFC 3339, in the future; without it the key does not expire',
  })
  @IsOptional()
  @IsISO8601({ strict: true, strictSeparator: true })
  @Matches(/T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/, { message: '$property must be an RFC 3339 time' })
  @IsLater()
  expires_at?: string | null;
}

export class RotateApiKeyDto {
  @ApiPropertyOptional({
    type: 'integer',
    nullable: true,
    example: 3600,
    default: 0,
    minimum: 0,
    maximum: longestOverlapSeconds,
    description: 'So long the old key still works',
  })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(longestOverlapSeconds)
  overlap_seconds?: number | null;
}
