import { ApiProperty } from '@nestjs/swagger';
import { IsBoolean, IsInt, Max, Min } from 'class-validator';
import type { Config } from '../config/config.js';

export class AccessSettings {
  static readonly namespace = 'access';
  static defaults = ({ sandbox }: Config): AccessSettings =>
    Object.assign(new AccessSettings(), {
      requestsPerSecond: 1000,
      webhookRequestsPerSecondPerAddress: 1000,
      failedLoginsPerMinute: 200,
      docs: sandbox,
    });

  @ApiProperty({ description: 'Requests one agent may send per second; above it 429 with `Retry-After`' })
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  requestsPerSecond: number;

  @ApiProperty({
    description:
      'Requests to `/webhooks/*` per second from one address; above it 429, and the provider sends again later',
  })
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  webhookRequestsPerSecondPerAddress: number;

  @ApiProperty({
    description:
      'Requests with a wrong API key per minute from one address: the second half is answered slowly, more than that ' +
      'with 429. A valid key is never held up',
  })
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  failedLoginsPerMinute: number;

  @ApiProperty({ description: 'Whether `/docs` is served' })
  @IsBoolean()
  docs: boolean;
}
