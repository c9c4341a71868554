import { IsBoolean, IsInt, Max, Min } from 'class-validator';
import type { Config } from '../config/config.js';

export class AccessSettings {
  static readonly namespace = 'access';
  static defaults = ({ sandbox }: Config): AccessSettings =>
    Object.assign(new AccessSettings(), { requestsPerSecond: 1000, docs: sandbox });

  /** Requests one agent may send per second; above it 429 with `Retry-After`. */
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  requestsPerSecond: number;

  /** Whether `/docs` is served. */
  @IsBoolean()
  docs: boolean;
}
