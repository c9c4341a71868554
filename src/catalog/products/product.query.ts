import { apiErrors } from '../../common/api-error.js';
import type { ProductFilter } from './product.store.js';

/** Any id a product can have; also what the cursor of a list of products holds. */
export const productId = /^[A-Za-z0-9_-]{1,64}$/;

type Query = Record<string, unknown>;

export const filterOf = ({ category, q, on_sale }: Query): ProductFilter => ({
  category: text('category', category),
  q: text('q', q),
  onSale: flag('on_sale', on_sale),
});

export const importOptionsOf = ({
  dry_run,
  report,
}: Query): { dryRun: boolean; report: 'all' | 'failures' | undefined } => {
  if (report !== undefined && report !== 'all' && report !== 'failures') {
    throw apiErrors.invalid('$.report', 'report must be "all" or "failures".');
  }
  return { dryRun: flag('dry_run', dry_run) ?? false, report };
};

function text(name: string, value: unknown): string | undefined {
  if (value === undefined || (typeof value === 'string' && !value.includes('\0') && value.length <= 200)) {
    return value;
  }
  throw apiErrors.invalid(`$.${name}`, `${name} must be given once, as text of at most 200 characters.`);
}

function flag(name: string, value: unknown): boolean | undefined {
  if (value === undefined) return undefined;
  if (value === 'true' || value === 'false') return value === 'true';
  throw apiErrors.invalid(`$.${name}`, `${name} must be "true" or "false".`);
}
