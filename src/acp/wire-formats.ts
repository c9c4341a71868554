import { ValidateBy } from 'class-validator';

/*
 * Formats of the published schemas. What the session shows again must be valid there, so what comes in is held to
 * the same, and not to the wider idea that `class-validator` has of it.
 */

/** JSON Schema `date-time` (RFC 3339), on a day that exists. */
export const IsTimestamp = (): PropertyDecorator =>
  ValidateBy({
    name: 'isTimestamp',
    validator: {
      validate: (value) => typeof value === 'string' && isTimestamp(value),
      defaultMessage: () => '$property must be an RFC 3339 time',
    },
  });

function isTimestamp(text: string): boolean {
  const [, day] = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i.exec(text) ?? [];
  if (day === undefined || Number.isNaN(Date.parse(text))) return false;
  // The 30th of February would silently be the 1st of March.
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
}

/** A flat object of texts, numbers and booleans. */
export const IsFlatObject = (): PropertyDecorator =>
  ValidateBy({
    name: 'isObject',
    validator: {
      validate: (value: unknown) =>
        typeof value === 'object' &&
        value !== null &&
        !Array.isArray(value) &&
        Object.values(value).every((member) => ['string', 'number', 'boolean'].includes(typeof member)),
      defaultMessage: () => '$property must be an object of strings, numbers and booleans',
    },
  });
