import { ApiProperty } from '@nestjs/swagger';
import { ArrayMinSize, ArrayUnique, IsArray, IsIn } from 'class-validator';
import { supportedVersions } from '../common/protocol-versions.js';

export const signingModes = ['off', 'optional', 'required'] as const;
export type SigningMode = (typeof signingModes)[number];

/** What holds for every agent that has no options of its own. */
export class AcpSettings {
  static readonly namespace = 'acp';
  static defaults = (): AcpSettings =>
    Object.assign(new AcpSettings(), {
      versions: [...supportedVersions],
      completeStatusCode: 200,
      requestSigning: 'off',
    });

  @ApiProperty({
    enum: supportedVersions,
    isArray: true,
    description: 'Versions of the protocol that agents may use',
  })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayUnique()
  @IsIn(supportedVersions, { each: true })
  versions: string[];

  @ApiProperty({
    enum: [200, 201],
    description:
      'Status of a `complete` that made the order: 200 by the specification, 201 by the checklist of some platforms',
  })
  @IsIn([200, 201])
  completeStatusCode: 200 | 201;

  @ApiProperty({
    enum: signingModes,
    description:
      '`optional` verifies requests that are signed, `required` also refuses those that are not. An agent without a ' +
      'secret or public key of its own cannot pass `required`',
  })
  @IsIn(signingModes)
  requestSigning: SigningMode;
}
