import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  MaxLength,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { supportedVersions } from '../../common/protocol-versions.js';
import { type SigningAlgorithm, signingAlgorithms } from '../signing/signature.js';

const orNull = 'null goes back to the shop’s';
/** Absent is left alone; null is not a value of these. */
const Present = (): PropertyDecorator => ValidateIf((_, value) => value !== undefined);

export class RequestSigningDto {
  @ApiPropertyOptional({
    example: true,
    description: 'Refuse requests that are not signed; otherwise only those that are signed wrongly',
  })
  @Present()
  @IsBoolean()
  required?: boolean;

  @ApiPropertyOptional({
    enum: signingAlgorithms,
    default: 'hmac-sha256',
    example: 'hmac-sha256',
    description: 'What its requests are signed by',
  })
  @Present()
  @IsIn(signingAlgorithms)
  algorithm?: SigningAlgorithm;

  @ApiPropertyOptional({
    type: 'string',
    nullable: true,
    writeOnly: true,
    minLength: 16,
    maxLength: 200,
    example: 'a-secret-of-at-least-16-characters',
    description: 'What the agent signs with by `hmac-sha256`. Never shown again; null removes it',
  })
  @IsOptional()
  @IsString()
  @Length(16, 200)
  @Matches(/^[\x21-\x7e]*$/, { message: '$property must be of visible ASCII characters' })
  secret?: string | null;

  @ApiPropertyOptional({
    type: 'string',
    nullable: true,
    maxLength: 1000,
    description: 'PEM (`-----BEGIN PUBLIC KEY-----`), for `ed25519` and `es256`; null removes it',
  })
  @IsOptional()
  @IsString()
  @MaxLength(1000)
  publicKey?: string | null;
}

export class AgentOptionsDto {
  @ApiPropertyOptional({
    type: [String],
    enum: supportedVersions,
    nullable: true,
    example: supportedVersions,
    description: `Versions of the protocol that the agent may use; ${orNull} \`acp.versions\``,
  })
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayUnique()
  @IsIn(supportedVersions, { each: true })
  versions?: string[] | null;

  @ApiPropertyOptional({
    enum: [200, 201],
    nullable: true,
    example: 201,
    description: `Status of a \`complete\` that made the order; ${orNull} \`acp.completeStatusCode\``,
  })
  @IsOptional()
  @IsIn([200, 201])
  completeStatusCode?: 200 | 201 | null;

  @ApiPropertyOptional({
    type: RequestSigningDto,
    nullable: true,
    description: `How its requests are verified; ${orNull} \`acp.requestSigning\``,
  })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => RequestSigningDto)
  requestSigning?: RequestSigningDto | null;
}

class AgentDto {
  @ApiPropertyOptional({ type: AgentOptionsDto, description: 'What it may do; what is absent stays' })
  @Present()
  @IsObject()
  @ValidateNested()
  @Type(() => AgentOptionsDto)
  options?: AgentOptionsDto;
}

export class CreateAgentDto extends AgentDto {
  @ApiProperty({ example: 'Shopping assistant', maxLength: 100, description: 'What people call it' })
  @IsString()
  @Length(1, 100)
  @Matches(/\S/, { message: '$property must not be blank' })
  name: string;
}

export class UpdateAgentDto extends AgentDto {
  @ApiPropertyOptional({ example: 'Shopping assistant', maxLength: 100, description: 'What people call it' })
  @Present()
  @IsString()
  @Length(1, 100)
  @Matches(/\S/, { message: '$property must not be blank' })
  name?: string;
}
