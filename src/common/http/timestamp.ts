import { ValidateBy } from 'class-validator';

/** JSON Schema `date-time` (RFC 3339), on a day that exists. What is shown again must be valid in the published schemas. */
export const IsTimestamp = (): PropertyDecorator =>
  ValidateBy({
    name: 'isTimestamp',
    validator: {
      validate: (value) => typeof value === 'string' && isTimestamp(value),
      defaultMessage: () => '$property must be an RFC 3339 time',
    },
  });

export function isTimestamp(text: string): boolean {
  const [, day] = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i.exec(text) ?? [];
  if (day === undefined || Number.isNaN(Date.parse(text))) return false;
  // The 30th of February would silently be the 1st of March.
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
}
