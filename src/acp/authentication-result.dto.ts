import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsObject, IsOptional, IsString, Length, ValidateNested } from 'class-validator';
import {
  type AuthenticationResult,
  authenticationOutcomes,
  provingOutcomes,
} from '../checkout/authentication.js';
import { apiErrors } from '../common/api-error.js';

export class AuthenticationDetailsDto {
  @ApiProperty({ example: 'AbCdEfGhIjKlMnOpQrStUvWxY0=', description: 'The proof (CAVV or AAV)' })
  @IsString()
  @Length(1, 255)
  three_ds_cryptogram: string;

  @ApiProperty({
    enum: ['01', '02', '05', '06', '07'],
    description: 'How well the buyer was authenticated (ECI)',
  })
  @IsIn(['01', '02', '05', '06', '07'])
  electronic_commerce_indicator: string;

  @ApiProperty({
    example: 'c4e59ceb-a382-4d6a-bc87-385d591fa09d',
    description: 'Id of the authentication; accepted once',
  })
  @IsString()
  @Length(1, 255)
  transaction_id: string;

  @ApiProperty({ example: '2.2.0', description: 'Version of 3-D Secure' })
  @IsString()
  @Length(1, 16)
  version: string;
}

/** How the buyer's 3-D Secure ended (ACP §7). */
export class AuthenticationResultDto {
  @ApiProperty({ enum: authenticationOutcomes, description: 'How it ended' })
  @IsIn(authenticationOutcomes)
  outcome: AuthenticationResult['outcome'];

  @ApiPropertyOptional({
    nullable: true,
    type: AuthenticationDetailsDto,
    description: `Required with ${provingOutcomes.join(', ')}`,
  })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => AuthenticationDetailsDto)
  outcome_details?: AuthenticationDetailsDto | null;
}

export function toAuthentication({
  outcome,
  outcome_details,
}: AuthenticationResultDto): AuthenticationResult {
  if (!provingOutcomes.some((proving) => proving === outcome)) return { outcome, proof: null };
  if (!outcome_details) throw apiErrors.missing('$.authentication_result.outcome_details');
  return {
    outcome,
    proof: {
      cryptogram: outcome_details.three_ds_cryptogram,
      electronicCommerceIndicator: outcome_details.electronic_commerce_indicator,
      transactionId: outcome_details.transaction_id,
      version: outcome_details.version,
    },
  };
}
