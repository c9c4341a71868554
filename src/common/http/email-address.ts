import { applyDecorators } from '@nestjs/common';
import { IsEmail, IsString, Matches } from 'class-validator';

/**
 * JSON Schema `email`: ASCII, nothing quoted. A session shows again what came in on any wire, so all of them hold it
 * to the format of the published schemas, and not to the wider idea that `class-validator` has of it.
 */
export const IsEmailAddress = (): PropertyDecorator =>
  applyDecorators(
    IsString(),
    IsEmail({ allow_utf8_local_part: false }),
    Matches(/^[\x21\x23-\x7e]*$/, { message: '$property must be an email' }),
  );
