import { ValidateBy } from 'class-validator';

/*
 * Formats of the published schemas. What the session shows again must be valid there, so what comes in is held to
 * the same, and not to the wider idea that `class-validator` has of it.
 */

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
