import { ApiProperty } from '@nestjs/swagger';
import { IsInt, Max, Min } from 'class-validator';
import { parsePageRequest } from '../../common/paging.js';
import { settingsErrors } from '../settings.errors.js';

export class RollbackSettingsDto {
  @ApiProperty({
    description: 'The version whose values are wanted back; 0 is the one before any change',
    example: 3,
  })
  @IsInt()
  @Min(0)
  @Max(2_147_483_647)
  version: number;
}

/** The versions an `If-Match` allows, bare or quoted; undefined for any. */
export function parseIfMatch(header: string | undefined): number[] | undefined {
  if (header === undefined || header.trim() === '*') return undefined;
  return header.split(',').map((tag) => {
    const [, quoted, bare] = /^(?:W\/)?"(\d{1,9})"$|^(\d{1,9})$/.exec(tag.trim()) ?? [];
    const version = quoted ?? bare;
    if (version === undefined) throw settingsErrors.badIfMatch();
    return Number(version);
  });
}

/** Which page of a history: it runs from the newest version to the oldest. */
export function parseHistoryPage(query: Record<string, unknown>): { limit: number; below?: number } {
  const { limit, afterId } = parsePageRequest(query, /^\d{1,9}$/);
  return { limit, ...(afterId !== undefined && { below: Number(afterId) }) };
}

/** Said wrongly it is refused: whoever wants to try a change must not make it. */
export function parseDryRun({ dry_run: said }: Record<string, unknown>): boolean {
  if (said === undefined || said === 'false') return false;
  if (said !== 'true') throw settingsErrors.badDryRun();
  return true;
}
