import { ValidateBy } from 'class-validator';

const character = `(?:[\\w.~!$&'()*+,;=:@/-]|%[\\dA-Fa-f]{2})`;
const written = new RegExp(
  `^https?://[a-z\\d.-]+(?::\\d+)?(?:/${character}*)?(?:\\?(?:${character}|\\?)*)?(?:#(?:${character}|\\?)*)?$`,
  'i',
);
const longest = 2_000;

/**
 * A link for people: http or https and nothing that a browser would run, without a password, and written as RFC 3986
 * has it (JSON Schema `uri`), since it is shown again as it came.
 */
export const IsWebAddress = (): PropertyDecorator =>
  ValidateBy({
    name: 'isWebAddress',
    validator: {
      validate: (value) =>
        typeof value === 'string' && value.length <= longest && written.test(value) && URL.canParse(value),
      defaultMessage: () => '$property must be an http or https address',
    },
  });
