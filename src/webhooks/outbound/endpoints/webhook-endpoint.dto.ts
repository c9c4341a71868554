import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateIf,
} from 'class-validator';
import { type OrderEventType, orderEventTypes } from '../../../outbox/outbox-event.entity.js';
import { type WebhookProfile, webhookProfiles } from '../profiles/webhook-profile.js';

/** May be left out and, unlike what `IsOptional` marks, not be null. */
const MayBeAbsent = (): PropertyDecorator => ValidateIf((_, value) => value !== undefined);

const secretRule = {
  pattern: /^[\x21-\x7e]{16,256}$/,
  message: '$property must be 16 to 256 visible ASCII characters',
};

/** What an endpoint may be told in a change too. */
class EndpointFieldsDto {
  @ApiPropertyOptional({
    nullable: true,
    type: String,
    description: 'Only the orders of this agent; null: of every agent, for the merchant’s own system',
    example: 'agt_06f8z3k9q2v7m1x4c8b5n0p3r6t9w2y5a8d1',
  })
  @IsOptional()
  @IsString()
  @Length(1, 64)
  agent_id?: string | null;

  @ApiPropertyOptional({ nullable: true, type: String, description: 'For people', maxLength: 500 })
  @IsOptional()
  @IsString()
  @Length(0, 500)
  description?: string | null;

  @ApiPropertyOptional({ default: true, description: 'Whether events are sent' })
  @MayBeAbsent()
  @IsBoolean()
  enabled?: boolean;

  @ApiPropertyOptional({
    enum: orderEventTypes,
    isArray: true,
    default: orderEventTypes,
    description: 'Under these names in every profile',
  })
  @MayBeAbsent()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayUnique()
  @IsIn(orderEventTypes, { each: true })
  events?: OrderEventType[];

  @ApiPropertyOptional({
    enum: webhookProfiles,
    default: 'acp-2026-04-17',
    description: 'In which form events are sent; see docs/webhook-semantics.md',
  })
  @MayBeAbsent()
  @IsIn(webhookProfiles)
  profile?: WebhookProfile;

  @ApiPropertyOptional({
    nullable: true,
    type: String,
    description: 'Profile `openai` only: the header for the signature; null: Merchant-Signature',
    example: 'Acme-Signature',
  })
  @IsOptional()
  @IsString()
  @Matches(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/, {
    message: '$property must be the name of an HTTP header, of at most 64 characters',
  })
  signature_header?: string | null;
}

export class CreateWebhookEndpointDto extends EndpointFieldsDto {
  @ApiProperty({
    example: 'https://shop.example/hooks/orders',
    description: 'https, port 443 or 8443, a public address; in the sandbox also http and this machine',
  })
  @IsString()
  @Length(1, 2048)
  url: string;

  @ApiPropertyOptional({
    nullable: true,
    type: String,
    description: 'Signs; generated if absent. Shown in this reply only',
    minLength: 16,
  })
  @IsOptional()
  @IsString()
  @Matches(secretRule.pattern, secretRule)
  secret?: string | null;
}

/** What is absent stays. */
export class ChangeWebhookEndpointDto extends EndpointFieldsDto {
  @ApiPropertyOptional({
    example: 'https://shop.example/hooks/orders',
    description: 'As in create',
  })
  @MayBeAbsent()
  @IsString()
  @Length(1, 2048)
  url?: string;

  /** Here only to be refused: a secret is changed with an overlap in mind. */
  @IsOptional()
  secret?: unknown;
}

export class RotateSecretDto {
  @ApiPropertyOptional({ nullable: true, type: String, description: 'Generated if absent', minLength: 16 })
  @IsOptional()
  @IsString()
  @Matches(secretRule.pattern, secretRule)
  secret?: string | null;

  @ApiPropertyOptional({
    type: 'integer',
    nullable: true,

    default: 0,
    minimum: 0,
    maximum: 604800,
    description:
      'For so long the old secret signs on, and the signature of the new one is in `<signature header>-Next`',
  })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(604_800)
  overlap_seconds?: number | null;
}

export class PreviewWebhookDto {
  @ApiPropertyOptional({
    nullable: true,
    type: String,
    description: 'Its newest event; a sample order if absent',
  })
  @IsOptional()
  @IsString()
  @Length(1, 64)
  order_id?: string | null;
}
