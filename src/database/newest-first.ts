import { type FindOptionsWhere, LessThan, type Repository } from 'typeorm';
import type { PageRequest } from '../common/paging.js';

/** Rows whose ids grow with time: the newest first, and one more than asked for, to tell whether there is a next page. */
export function newestFirst<Row extends { id: string }>(
  repository: Repository<Row>,
  { limit, afterId }: PageRequest,
  filter: FindOptionsWhere<Row> = {},
): Promise<Row[]> {
  const query = repository
    .createQueryBuilder('row')
    .where(filter)
    .orderBy('row.id', 'DESC')
    .take(limit + 1);
  return (afterId === undefined ? query : query.andWhere({ id: LessThan(afterId) })).getMany();
}
